import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.consent.model import Choice, Purpose
from shared.kernel.refusals import TransientFault
from shared.messaging import model
from shared.messaging.decision import AttemptOutcome
from shared.messaging.gate.situation import GateRules
from shared.messaging.list_messages import MessagesQuery
from shared.messaging.list_uncertain import ListUncertain, UncertainMessage
from shared.messaging.model import BounceCategory, MessageState, Reason
from shared.messaging.ports import OutcomeUnknown, Rejected
from tests.rooms.messaging.builders import EVERYBODY, MOBILE, a_request
from tests.rooms.messaging.mortal import Gateway, Killed, Life, MortalDocuments
from tests.rooms.messaging.post import Post, a_post
from tests.rooms.patients.builders import a_patient, phone

A_CLAIM = timedelta(seconds=61)
COMMERCIAL, TRANSACTIONAL = Purpose.COMMERCIAL, Purpose.TRANSACTIONAL


@contextmanager
def a_night_post(folder: Path, gateway: Gateway, *, purpose: Purpose = TRANSACTIONAL) -> Generator[Post]:
    """Build a house at 23:00, with a quiet time until 08:00."""
    with a_post(folder, gateway, purpose=purpose, rules=GateRules(quiet_rules=(EVERYBODY,))) as post:
        post.clock.pass_by(timedelta(hours=11))
        yield post


def uncertain(post: Post) -> tuple[UncertainMessage, ...]:
    return ListUncertain(post.documents)(MessagesQuery()).messages


class TestDelivery:
    def test_hands_a_message_over_once_however_often_it_is_asked_for(self, tmp_path: Path) -> None:
        gateway = Gateway(keys=False)
        with a_post(tmp_path, gateway) as post:
            for _ in range(3):
                post.request(a_request())
                post.run()
            post.deliver(model.DeliverMessage(MOBILE, "m1", 1))

            assert gateway.calls == 1
            assert post.decision().state is MessageState.ACCEPTED
            assert post.why().message.state is MessageState.ACCEPTED

    def test_keeps_the_address_that_was_chosen_when_it_was_asked_for(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway) as post:
            post.request(a_request())
            post.admit(a_patient("ada", phone("07700 900999")))

            post.run()

            assert gateway.taken == [f"{MOBILE}~m1"]

    def test_looks_at_the_person_once_more_at_the_door(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway) as post:
            post.request(a_request())
            post.decide_only()
            post.admit(a_patient("ada", deceasedBoolean=True))

            post.run()

            assert gateway.taken == []
            assert post.decision().reason is Reason.PATIENT_DECEASED
            assert post.why().message.reason is Reason.PATIENT_DECEASED

    def test_looks_at_the_consent_once_more_at_the_door(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway, purpose=COMMERCIAL) as post:
            post.request(a_request())
            post.decide_only()
            post.clock.pass_by(timedelta(seconds=1))
            post.say(Choice.OPTED_OUT)

            post.run()

            assert gateway.taken == []
            assert post.decision().reason is Reason.OPTED_OUT

    def test_gives_the_claim_back_when_the_provider_surely_did_not_take_it(self, tmp_path: Path) -> None:
        gateway = Gateway(answers=[TransientFault()])
        with a_post(tmp_path, gateway) as post:
            post.request(a_request())
            with pytest.raises(TransientFault):
                post.run()
            assert post.decision().state is MessageState.ALLOWED
            assert post.take() == []  # the message itself comes again, when it is time

            post.run()

            assert post.decision().state is MessageState.ACCEPTED
            assert [attempt.outcome for attempt in post.decision().attempts] == [
                AttemptOutcome.GIVEN_BACK,
                AttemptOutcome.ACCEPTED,
            ]

    def test_stands_aside_while_somebody_else_is_sending(self, tmp_path: Path) -> None:
        life, gateway = Life(), Gateway()
        with a_post(tmp_path, gateway) as post:
            gateway.life = life
            post.request(a_request())
            life.left = 0
            with pytest.raises(Killed):
                post.run()
            life.left = None

            post.run()
            post.sweep()
            post.settle(model.SettleClaim(MOBILE, "m1"))

            assert gateway.calls == 1
            assert post.decision().state is MessageState.CLAIMED
            assert len(post.put_off) == 1

    def test_is_not_lost_when_given_back_by_a_sender_whose_lock_has_lapsed(self, tmp_path: Path) -> None:
        gateway = Gateway(answers=[TransientFault()])
        with a_post(tmp_path, gateway) as post:
            post.request(a_request())
            post.decide_only()
            (first,) = post.take()
            assert isinstance(first, model.DeliverMessage)
            post.pending.append(first)  # the queue brings it to somebody else too
            gateway.meanwhile = post.run
            with pytest.raises(TransientFault):
                post.deliver(first)  # and here it does not come again
            gateway.meanwhile = None

            post.run()

            assert post.decision().state is MessageState.ACCEPTED
            assert gateway.taken == [f"{MOBILE}~m1"]

    def test_does_not_send_when_too_little_of_the_claim_is_left(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_post(tmp_path, gateway) as post:
            post.claim_lasts = timedelta(seconds=24)
            post.request(a_request())

            with pytest.raises(TransientFault):
                post.run()

            assert gateway.calls == 0
            assert post.decision().state is MessageState.ALLOWED

    def test_ends_with_the_providers_refusal_and_holds_it_against_the_address(self, tmp_path: Path) -> None:
        gateway = Gateway(answers=[Rejected(BounceCategory.INVALID_MAILBOX, permanent=True)])
        with a_post(tmp_path, gateway) as post:
            post.request(a_request("m1"))
            post.run()
            post.request(a_request("m2"))
            post.run()

            assert post.decision("m1").reason is BounceCategory.INVALID_MAILBOX
            assert post.decision("m2").reason is Reason.SUPPRESSED
            assert gateway.taken == []

    def test_asks_a_provider_that_knows_keys_again_after_silence(self, tmp_path: Path) -> None:
        gateway = Gateway(answers=[OutcomeUnknown()])
        with a_post(tmp_path, gateway, purpose=COMMERCIAL) as post:
            post.request(a_request())
            post.run()
            assert [message.message_id for message in uncertain(post)] == ["m1"]

            post.clock.pass_by(A_CLAIM)
            post.sweep()

            assert gateway.taken == [f"{MOBILE}~m1"]
            assert post.decision().state is MessageState.ACCEPTED
            assert uncertain(post) == ()

    def test_never_repeats_a_commercial_message_whose_fate_nobody_knows(self, tmp_path: Path) -> None:
        gateway = Gateway(keys=False, looks_up=False, answers=[OutcomeUnknown()])
        with a_post(tmp_path, gateway, purpose=COMMERCIAL) as post:
            post.request(a_request())
            post.run()
            for _ in range(3):
                post.clock.pass_by(A_CLAIM)
                post.sweep()

            (listed,) = uncertain(post)
            assert gateway.calls == 1
            assert (listed.message_id, listed.asked_again_at) == ("m1", None)
            assert post.why().message.state is MessageState.UNCERTAIN

    def test_repeats_a_transactional_one_as_a_new_attempt(self, tmp_path: Path) -> None:
        gateway = Gateway(keys=False, looks_up=False, answers=[OutcomeUnknown()])
        with a_post(tmp_path, gateway, purpose=TRANSACTIONAL) as post:
            post.request(a_request())
            post.run()
            post.clock.pass_by(A_CLAIM)
            post.sweep()

            outcomes = [attempt.outcome for attempt in post.decision().attempts]
            assert outcomes == [AttemptOutcome.UNKNOWN, AttemptOutcome.ACCEPTED]
            assert gateway.calls == 2

    def test_gives_a_transactional_one_up_after_five_attempts_and_lists_it(self, tmp_path: Path) -> None:
        gateway = Gateway(keys=False, looks_up=False, answers=[OutcomeUnknown()] * 9)
        with a_post(tmp_path, gateway, purpose=TRANSACTIONAL) as post:
            post.request(a_request())
            post.run()
            for _ in range(9):
                post.clock.pass_by(A_CLAIM)
                post.sweep()

            assert gateway.calls == 5
            assert [listed.attempts for listed in uncertain(post)] == [5]


class TestDeliveryUnderTheKnife:
    """Kill the process at any commit and any call, again and again, then let it live: the promise of D10."""

    @given(
        lives=st.lists(st.integers(0, 12), max_size=5),
        silences=st.lists(st.booleans(), max_size=3),
        keys=st.booleans(),
        purpose=st.sampled_from((COMMERCIAL, TRANSACTIONAL)),
    )
    @settings(max_examples=40)
    def test_loses_nothing_and_doubles_nothing(
        self, lives: list[int], silences: list[bool], *, keys: bool, purpose: Purpose
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self._ordeal(Path(folder), lives, silences, keys=keys, purpose=purpose)

    def _ordeal(
        self, folder: Path, lives: list[int], silences: list[bool], *, keys: bool, purpose: Purpose
    ) -> None:
        gateway = Gateway(keys=keys, looks_up=keys)
        gateway.answers = [OutcomeUnknown() if silent else None for silent in silences]
        with a_post(folder, gateway, purpose=purpose) as post:
            life = Life()
            gateway.life, post.documents = life, MortalDocuments(post.house.documents, life)
            post.pending.append(a_request())
            for effects in lives:
                life.left = effects
                self._live(post)
            life.left = None
            for _ in range(6):
                self._live(post)

            taken = gateway.taken.count(f"{MOBILE}~m1")
            accepted = post.decision().state is MessageState.ACCEPTED
            listed = [message.message_id for message in uncertain(post)] == ["m1"]
            assert accepted != listed
            if keys:
                assert (taken, accepted) == (1, True)
            elif purpose is COMMERCIAL:
                assert taken <= 1
                assert not accepted or taken == 1
            else:
                assert taken >= 1 or listed

    def _live(self, post: Post) -> None:
        """Work until killed or until there is nothing to do; by the next time every claim has lapsed."""
        try:
            post.run()
            post.sweep()
        except Killed:
            post.told.announcements.clear()
        post.clock.pass_by(A_CLAIM)


class TestHeldMessages:
    def test_go_out_after_the_night_by_the_whole_gate(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_night_post(tmp_path, gateway) as post:
            post.request(a_request())
            post.run()
            assert post.why().message.state is MessageState.HELD
            (again,) = post.later

            post.clock.pass_by(timedelta(hours=9, minutes=30))
            post.pending.append(again)
            post.run()

            assert gateway.taken == [f"{MOBILE}~m1"]
            assert [verdict.passed for verdict in post.decision().trail if verdict.check == "quiet_time"] == [
                False,
                True,
            ]

    def test_are_found_by_the_sweep_when_their_return_is_lost(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_night_post(tmp_path, gateway) as post:
            post.request(a_request())
            post.run()
            post.later.clear()

            post.clock.pass_by(timedelta(hours=10))
            post.sweep()

            assert gateway.taken == [f"{MOBILE}~m1"]

    def test_are_refused_when_consent_was_withdrawn_in_the_night(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_night_post(tmp_path, gateway, purpose=COMMERCIAL) as post:
            post.request(a_request())
            post.run()
            post.clock.pass_by(timedelta(hours=10))
            post.say(Choice.OPTED_OUT)

            post.sweep()

            assert gateway.taken == []
            assert post.why().message.reason is Reason.OPTED_OUT

    def test_coming_back_too_early_stay_held(self, tmp_path: Path) -> None:
        gateway = Gateway()
        with a_night_post(tmp_path, gateway) as post:
            post.request(a_request())
            post.run()

            post.pending += post.later
            post.run()

            assert post.decision().state is MessageState.HELD
            assert post.decision().order.round == 1
