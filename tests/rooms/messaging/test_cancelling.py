from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.consent.model import Purpose
from shared.kernel.refusals import LostRace, TransientFault
from shared.messaging import model
from shared.messaging.cancel_message import CancelMessage
from shared.messaging.documents import frequency_of
from shared.messaging.gate.situation import GateRules
from shared.messaging.model import Channel, MessageState, Reason
from shared.messaging.ports import OutcomeUnknown
from tests.rooms.messaging.builders import ADA, EVERYBODY, MOBILE, a_request
from tests.rooms.messaging.mortal import Gateway, Killed, Life
from tests.rooms.messaging.post import Post, a_post
from tests.rooms.triggers.interrupted import Interrupted

CANCELLED = model.CancelMessage("m1", ADA, Channel.SMS, "hba1c", "enrolment~1")
WITHDRAWN = (MessageState.REFUSED, Reason.WITHDRAWN)


def stands(post: Post) -> tuple[MessageState, object]:
    message = post.why().message
    return (message.state, message.reason)


class TestACancelledMessage:
    def test_that_is_held_does_not_go_out_in_the_morning(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway, rules=GateRules(quiet_rules=(EVERYBODY,))) as post:
            post.clock.pass_by(timedelta(hours=11))
            post.request(a_request())
            post.run()

            for _ in range(2):
                post.cancel(CANCELLED)
                post.run()
            post.clock.pass_by(timedelta(hours=10))
            post.pending += post.later
            post.run()
            post.sweep()

            assert gateway.taken == []
            assert stands(post) == WITHDRAWN

    def test_that_was_not_decided_yet_is_let_go_by_the_gate(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway) as post:
            post.request(a_request())
            post.cancel(CANCELLED)
            decide, cancel = sorted(post.take(), key=lambda content: type(content).__name__, reverse=True)
            assert isinstance(decide, model.DecideSending)

            post.pending += [cancel, decide]
            post.run()

            assert gateway.taken == []
            assert stands(post) == WITHDRAWN

    def test_that_was_not_asked_for_yet_is_never_begun(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway) as post:
            post.cancel(CANCELLED)
            post.request(a_request())
            post.run()

            assert gateway.taken == []
            assert stands(post) == WITHDRAWN
            assert [moved.reason for moved in post.moves] == [Reason.WITHDRAWN]

    def test_that_is_begun_at_that_very_moment_is_found_again(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway) as post:
            documents: Any = Interrupted(post.documents, "look", lambda: post.request(a_request()))
            with pytest.raises(LostRace):
                CancelMessage(documents, post.copies)(CANCELLED, now=post.now)

            post.cancel(CANCELLED)
            post.pending += sorted(post.take(), key=lambda content: type(content).__name__)
            post.run()

            assert gateway.taken == []
            assert stands(post) == WITHDRAWN

    def test_that_was_allowed_is_not_handed_over_and_not_counted(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway, purpose=Purpose.COMMERCIAL) as post:
            post.request(a_request())
            post.decide_only()
            post.cancel(CANCELLED)
            (deliver, cancel) = sorted(post.take(), key=lambda content: type(content).__name__, reverse=True)

            post.pending += [cancel, deliver]
            post.run()

            counted = frequency_of(post.documents, MOBILE)
            assert gateway.calls == 0
            assert stands(post) == WITHDRAWN
            assert counted is not None
            assert counted.body.sent == ()

    def test_that_was_being_sent_is_not_tried_again(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway) as post:
            gateway.life = Life(0)
            post.request(a_request())
            with pytest.raises(Killed):
                post.run()
            gateway.life.left = None

            post.cancel(CANCELLED)
            post.run()
            meanwhile = post.decision().state
            post.clock.pass_by(timedelta(minutes=2))
            post.sweep()

            assert meanwhile is MessageState.CLAIMED
            assert gateway.taken == []
            assert stands(post) == WITHDRAWN

    def test_that_the_provider_could_not_take_just_then_is_not_tried_again(self, tmp_path: Path) -> None:
        gateway = Gateway(answers=[TransientFault()])
        with a_post(tmp_path, gateway) as post:
            post.request(a_request())
            post.decide_only()
            (deliver,) = post.take()
            assert isinstance(deliver, model.DeliverMessage)
            gateway.meanwhile = lambda: post.stop(CANCELLED)

            with pytest.raises(TransientFault):
                post.deliver(deliver)
            post.run()

            assert gateway.calls == 1
            assert stands(post) == WITHDRAWN

    def test_that_has_gone_out_stays_sent(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway) as post:
            post.request(a_request())
            post.run()

            post.stop(CANCELLED)
            post.run()

            assert stands(post) == (MessageState.ACCEPTED, None)

    def test_of_which_nobody_is_sure_is_left_to_a_person(self, tmp_path: Path) -> None:
        gateway = Gateway(keys=False, looks_up=False, answers=[OutcomeUnknown()])
        with a_post(tmp_path, gateway) as post:
            post.request(a_request())
            post.run()

            post.stop(CANCELLED)
            post.clock.pass_by(timedelta(minutes=2))
            post.sweep()

            assert gateway.calls == 1
            assert stands(post) == (MessageState.UNCERTAIN, Reason.OUTCOME_UNKNOWN)
            assert post.decision().claimed_until is None
