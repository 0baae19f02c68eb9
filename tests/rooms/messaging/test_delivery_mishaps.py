"""What comes between the gate and the provider: night, bugs, races, outages and clocks that differ."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.consent.model import Purpose
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Create, Document, Page
from shared.kernel.refusals import LostRace, TransientFault
from shared.messaging import model
from shared.messaging.decide_sending import DecideSending
from shared.messaging.decision import AttemptOutcome, Decision
from shared.messaging.deliver_message import DeliverMessage
from shared.messaging.documents import FREQUENCY, SUPPRESSION, counting, decision_at, frequency_of
from shared.messaging.gate.situation import GateRules
from shared.messaging.list_messages import MessagesQuery
from shared.messaging.list_uncertain import ListUncertain
from shared.messaging.model import BounceCategory, MessageState, Reason
from shared.messaging.ports import OutcomeUnknown, Rejected
from shared.messaging.put_template import PutTemplate
from shared.messaging.queue_held_messages import QueueHeldMessages
from shared.messaging.queue_lapsed_claims import QueueLapsedClaims
from shared.messaging.read_template import ReadTemplate
from shared.messaging.settle_claim import SettleClaim
from shared.messaging.suppression import Suppression
from shared.patients.contact_keys import contact_partition
from tests.rooms.messaging.builders import EVERYBODY, MOBILE, NURSE, a_content, a_request
from tests.rooms.messaging.mortal import Gateway, Killed, Life
from tests.rooms.messaging.post import Post, Told, a_post
from tests.rooms.triggers.interrupted import Interrupted

COMMERCIAL = Purpose.COMMERCIAL
NIGHTS = GateRules(quiet_rules=(EVERYBODY,))
A_CLAIM = timedelta(seconds=61)


def allowed(post: Post) -> model.DeliverMessage:
    """Bring a message to its provider's door."""
    post.request(a_request())
    post.decide_only()
    (deliver,) = [each for each in post.take() if isinstance(each, model.DeliverMessage)]
    return deliver


def sent_meanwhile(post: Post) -> None:
    """Let another commercial message be counted at the same contact point."""
    counted = counting(frequency_of(post.house.documents, MOBILE), "other", post.now)
    post.house.documents.commit(contact_partition(MOBILE), changes=[counted])


class TestAtTheDoor:
    def test_what_an_outage_kept_until_night_waits_for_the_morning(self, tmp_path: Path) -> None:
        gateway = Gateway(answers=[TransientFault()])
        with a_post(tmp_path, gateway, purpose=COMMERCIAL, rules=NIGHTS) as post:
            deliver = allowed(post)
            with pytest.raises(TransientFault):
                post.deliver(deliver)
            post.clock.pass_by(timedelta(hours=11))
            post.deliver(deliver)
            post.run()
            by_night = (post.decision(), frequency_of(post.documents, MOBILE), list(gateway.taken))

            post.clock.pass_by(timedelta(hours=10))
            post.pending += post.later
            post.run()

            held, counted, taken = by_night
            assert (held.state, held.reason, held.order.round) == (
                MessageState.HELD,
                Reason.QUIET_TIME,
                1,
            )
            assert counted is not None
            assert (counted.body.sent, taken) == ((), [])
            assert gateway.taken == [f"{MOBILE}~m1"]
            assert [attempt.outcome for attempt in post.decision().attempts] == [
                AttemptOutcome.GIVEN_BACK,
                AttemptOutcome.GIVEN_BACK,
                AttemptOutcome.ACCEPTED,
            ]

    def test_a_message_is_judged_by_the_template_it_was_written_from(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway) as post:
            deliver = allowed(post)
            etag = ReadTemplate(post.documents)(template_id="hba1c").etag
            put = PutTemplate(post.documents)
            changed = a_content(COMMERCIAL, topic="nobody-opted-in-to-this")
            put(changed, template_id="hba1c", caller=NURSE, now=post.now, if_match=etag)

            post.deliver(deliver)

            assert gateway.taken == [f"{MOBILE}~m1"]

    def test_a_bug_gives_the_claim_back_and_is_raised_each_time(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway) as post:
            deliver = allowed(post)
            broken: Any = _broken
            act = DeliverMessage(post.documents, broken, post.providers, post.rules, post.clock, broken)

            for _ in range(2):
                with pytest.raises(ZeroDivisionError):
                    act(deliver, now=post.now)

            assert gateway.calls == 0
            assert post.decision().state is MessageState.ALLOWED

    def test_a_channel_that_nobody_serves_is_not_claimed(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            deliver = allowed(post)
            post.providers = {}

            with pytest.raises(KeyError):
                post.deliver(deliver)

            assert post.decision().attempts == ()


def _broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError


class TestAnAnswer:
    def test_is_kept_though_others_are_counted_meanwhile(self, tmp_path: Path) -> None:
        gateway = Gateway(answers=[Rejected(BounceCategory.OTHER, permanent=False)])
        with a_post(tmp_path, gateway, purpose=COMMERCIAL) as post:
            deliver = allowed(post)
            post.documents = _racing(post, "look", lambda: sent_meanwhile(post), of=FREQUENCY, nth=2)

            post.deliver(deliver)

            assert post.decision().reason is BounceCategory.OTHER

    def test_is_kept_though_the_first_bounce_comes_meanwhile(self, tmp_path: Path) -> None:
        gateway = Gateway(answers=[Rejected(BounceCategory.OTHER, permanent=False)])
        with a_post(tmp_path, gateway) as post:
            deliver = allowed(post)
            bounced = Create(SUPPRESSION, Suppression(MOBILE, soft_bounces=1))
            store = post.documents
            post.documents = _racing(
                post,
                "look",
                lambda: store.commit(contact_partition(MOBILE), changes=[bounced]),
                of=SUPPRESSION,
                nth=2,
            )

            post.deliver(deliver)

            assert post.decision().reason is BounceCategory.OTHER

    def test_is_kept_though_the_claim_was_taken_for_uncertain_meanwhile(self, tmp_path: Path) -> None:
        gateway = Gateway(keys=False, looks_up=False)
        with a_post(tmp_path, gateway, purpose=COMMERCIAL) as post:
            deliver = allowed(post)

            def settled_meanwhile() -> None:
                post.clock.pass_by(A_CLAIM)
                post.settle(model.SettleClaim(MOBILE, "m1"))
                assert post.decision().state is MessageState.UNCERTAIN

            gateway.meanwhile = settled_meanwhile

            post.deliver(deliver)

            assert post.decision().state is MessageState.ACCEPTED

    def test_is_not_taken_for_that_of_a_later_attempt(self, tmp_path: Path) -> None:
        gateway = Gateway(answers=[OutcomeUnknown()])
        with a_post(tmp_path, gateway) as post:
            deliver = allowed(post)

            def sent_again_meanwhile() -> None:
                gateway.meanwhile = None
                post.clock.pass_by(A_CLAIM)
                gateway.answers.insert(0, None)
                post.settle(model.SettleClaim(MOBILE, "m1"))
                post.run()

            gateway.meanwhile = sent_again_meanwhile

            post.deliver(deliver)

            assert post.decision().state is MessageState.ACCEPTED
            assert gateway.taken == [f"{MOBILE}~m1"]


class TestADecision:
    def test_made_twice_at_once_is_run_again(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway()) as post:
            post.request(a_request())
            (order,) = post.take()
            assert isinstance(order, model.DecideSending)
            racing: Any = _racing(post, "look", lambda: post.decide(order), of="decision~m1", nth=1)

            with pytest.raises(LostRace):
                DecideSending(racing, post.situations, post.rules)(order, now=post.now)

    def test_that_counts_the_first_message_twice_at_once_is_run_again(self, tmp_path: Path) -> None:
        with a_post(tmp_path, Gateway(), purpose=COMMERCIAL) as post:
            post.request(a_request())
            (order,) = post.take()
            assert isinstance(order, model.DecideSending)
            racing: Any = _racing(post, "look", lambda: sent_meanwhile(post), of="template~current", nth=1)
            store, post.documents = post.documents, racing
            situations = post.situations
            post.documents = store

            with pytest.raises(LostRace):
                DecideSending(racing, situations, post.rules)(order, now=post.now)

    def test_that_is_due_by_another_clock_is_made(self, tmp_path: Path) -> None:
        gateway = Gateway()
        rules = GateRules(quiet_rules=(EVERYBODY,), release_over=timedelta())
        with a_post(tmp_path, gateway, rules=rules) as post:
            post.clock.pass_by(timedelta(hours=11))
            post.request(a_request())
            post.run()
            (again,) = post.later
            post.clock.pass_by(timedelta(hours=9) - timedelta(milliseconds=5))

            post.pending.append(again)
            post.run()

            assert gateway.taken == [f"{MOBILE}~m1"]


class TestAClaim:
    def test_whose_sender_dies_each_time_ends_with_a_person(self, tmp_path: Path) -> None:
        gateway = Gateway(life=Life(0))
        with a_post(tmp_path, gateway) as post:
            post.request(a_request())
            for _ in range(9):
                gateway.life.left = 0
                _live(post)
                post.clock.pass_by(A_CLAIM)

            outcomes = [attempt.outcome for attempt in post.decision().attempts]
            assert outcomes == [AttemptOutcome.NOT_ARRIVED] * 5
            assert post.why().message.reason is Reason.TRIED_TOO_OFTEN
            (listed,) = ListUncertain(post.documents)(MessagesQuery()).messages
            assert (listed.reason, listed.asked_again_at) == (Reason.TRIED_TOO_OFTEN, None)

    def test_does_not_count_what_was_given_back_as_tried(self, tmp_path: Path) -> None:
        gateway = Gateway(keys=False, looks_up=False, answers=[TransientFault()] * 7 + [OutcomeUnknown()])
        with a_post(tmp_path, gateway) as post:
            post.request(a_request())
            for _ in range(7):
                with pytest.raises(TransientFault):
                    post.run()
            post.run()
            post.clock.pass_by(A_CLAIM)
            post.sweep()

            assert post.decision().state is MessageState.ACCEPTED

    def test_is_asked_about_ever_later_while_the_provider_does_not_answer(self, tmp_path: Path) -> None:
        gateway = Gateway(answers=[OutcomeUnknown()], mute=True)
        with a_post(tmp_path, gateway) as post:
            post.request(a_request())
            post.run()
            waits: list[timedelta] = []
            post.clock.pass_by(A_CLAIM)
            for _ in range(6):
                post.sweep()
                asked_at = post.decision().claimed_until
                assert asked_at is not None
                waits.append(asked_at - post.clock.real())
                post.clock.pass_by(waits[-1])
            gateway.mute = False

            post.sweep()

            assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15, 15)]
            assert post.decision().state is MessageState.ACCEPTED
            assert post.decision().moved_at == post.now


class TestAMachineWhoseClockIsAhead:
    """Four minutes ahead, it looks at what another machine is just sending."""

    @pytest.mark.parametrize(("allowed_for", "times"), [(timedelta(minutes=5), 1), (timedelta(), 2)])
    def test_leaves_a_claim_alone_if_clocks_may_be_so_far_apart(
        self, tmp_path: Path, allowed_for: timedelta, times: int
    ) -> None:
        gateway = Gateway(keys=False)
        with a_post(tmp_path, gateway) as post:
            ahead = StoppedClock(post.now, real=post.clock.real() + timedelta(minutes=4))
            told = Told()

            def looks() -> None:
                gateway.meanwhile = None
                QueueLapsedClaims(post.documents, told, ahead, allowed_for)()
                settling = SettleClaim(post.documents, post.providers, ahead, allowed_for)
                for settle in told.contents:
                    assert isinstance(settle, model.SettleClaim)
                    settling(settle, now=post.now)
                post.run()

            deliver = allowed(post)
            gateway.meanwhile = looks
            post.deliver(deliver)
            post.run()

        assert gateway.calls == times


class TestTheSweepOfHeldMessages:
    def test_passes_by_none_however_many_there_are(self, tmp_path: Path) -> None:
        told = Told()
        with a_post(tmp_path, Gateway(), rules=NIGHTS) as post:
            post.clock.pass_by(timedelta(hours=11))
            post.request(a_request())
            post.run()
            found = decision_at(post.documents, MOBILE, "m1")
            pages: Any = _Pages(found, 60)

            queued = QueueHeldMessages(pages, told)(now=post.now)

            assert queued == len(told.contents) == 6000


@dataclass
class _Pages:
    """A store full of held messages."""

    found: Document[Decision]
    left: int

    def find(self, *_: object, **__: object) -> Page[Document[Decision]]:
        self.left -= 1
        return Page((self.found,) * 100, "more" if self.left else None)


def _live(post: Post) -> None:
    try:
        post.run()
        post.sweep()
    except Killed:
        post.told.announcements.clear()


class _Racing(Interrupted):
    """Lets something happen after the nth look at one document."""

    def __init__(self, whole: Any, method: str, happens: Callable[[], object], *, of: str, nth: int) -> None:
        super().__init__(whole, method, happens, after=nth)
        self._of = of

    def _followed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        counted = super()._followed(method)
        return lambda *args, **kwargs: (counted if args[1] == self._of else method)(*args, **kwargs)


def _racing(post: Post, method: str, happens: Callable[[], object], *, of: str, nth: int) -> Any:
    return _Racing(post.documents, method, happens, of=of, nth=nth)
