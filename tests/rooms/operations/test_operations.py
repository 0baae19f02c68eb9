"""Parked messages and dead letters: listed, explained, replayed, discarded."""

import base64
import json
from collections.abc import Generator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from shared.access.model import Caller, Role
from shared.kernel.documents import Documents
from shared.kernel.queues import DeadLetter, OutgoingMessage, QueueReceiver, ReceivedMessage
from shared.kernel.refusals import Nonsense, TransientFault
from shared.kernel.sensitive import Sensitive
from shared.operations.discard_dead_letter import DiscardDeadLetter
from shared.operations.discard_parked import DiscardParked
from shared.operations.documents import INDEXES
from shared.operations.explain_parked import ExplainParked
from shared.operations.list_dead_letters import ListDeadLetters
from shared.operations.list_parked import ListParked
from shared.operations.model import (
    NO_QUEUE,
    AlreadyDecided,
    CarryOutDecision,
    DeadLetterQuery,
    Decision,
    NoQueueToReturnTo,
    NoSuchMessage,
    ParkedQuery,
    State,
    UnhandledMessage,
)
from shared.operations.park_message import ParkMessage
from shared.operations.replay_dead_letter import ReplayDeadLetter
from shared.operations.replay_parked import ReplayParked
from shared.operations.settle_parked import SettleParked
from shared.operations.shown import ParkedShown, structure
from tests.support.house import House, a_house

OPERATOR = Caller("olga", "entra", frozenset({Role.OPERATOR}))
ANOTHER = Caller("oskar", "entra", frozenset({Role.OPERATOR}))
QUEUE = "deliveries"
NUMBER = "9434765919"


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path, indexes=INDEXES) as one:
        yield one


def a_message(name: str = "m1", *, queue: str = QUEUE, session: str | None = None) -> UnhandledMessage:
    body = json.dumps(
        {"patient_id": "ada", "attempts": 2, "to": {NUMBER: NUMBER}, "tags": [NUMBER, None, True]}
    )
    return UnhandledMessage(
        queue,
        name,
        session,
        Sensitive(base64.b64encode(body.encode()).decode()),
        {"type": "DeliverMessage", "attempt": "7", "copy_of": "m0", "not_visible_since": "x"},
        "Nonsense",
        (("to", "missing"),),
    )


def parked(house: House, name: str = "m1", **changed: Any) -> str:
    return ParkMessage(house.documents)(a_message(name, **changed), now=house.clock.now())


def listed(house: House, query: ParkedQuery | None = None) -> Sequence[ParkedShown]:
    return ListParked(house.documents)(query or ParkedQuery()).messages


def announced(house: House) -> list[str]:
    changes, _ = house.change_feed.read("test", limit=100)
    return sorted(change["body"]["type"] for change in changes if change["kind"] == "announcement")


def replay(
    house: House, parked_id: str, *, caller: Caller = OPERATOR, why: str | None = "Template mended"
) -> ParkedShown:
    return ReplayParked(house.documents)(
        Decision(why), parked_id=parked_id, caller=caller, now=house.clock.now()
    )


def discard(
    house: House, parked_id: str, *, caller: Caller = OPERATOR, why: str | None = None
) -> ParkedShown:
    return DiscardParked(house.documents)(
        Decision(why), parked_id=parked_id, caller=caller, now=house.clock.now()
    )


def settle(house: House, parked_id: str) -> None:
    SettleParked(house.documents, house.queues, house.queues)(
        CarryOutDecision(parked_id), now=house.clock.now()
    )


def received(house: House) -> Sequence[ReceivedMessage]:
    return list(house.queues.receive(QUEUE, limit=10, lock_for=timedelta(minutes=1)))


def a_dead_letter(house: House, name: str = "d1") -> int:
    house.queues.send(QUEUE, [OutgoingMessage(name, b'{"to": "9434765919"}')])
    (message,) = received(house)
    house.queues.dead_letter(message, reason="MaxDeliveryCountExceeded", description=NUMBER)
    return message.sequence_number


class OutOfReach:
    """The one thing that is asked of a receiver here, failing."""

    def take_dead_letter(self, queue: str, sequence_number: int) -> DeadLetter:
        message = f"{sequence_number} lies too deep in {queue}"
        raise TransientFault(message)


def dead_letters(house: House) -> Sequence[int]:
    page = ListDeadLetters(house.queues)(DeadLetterQuery(), queue=QUEUE)
    return [letter.sequence_number for letter in page.letters]


class TestParkMessage:
    def test_parks_once(self, house: House) -> None:
        assert parked(house) == parked(house)
        assert len(listed(house)) == 1

    def test_parks_anew_what_comes_back_after_it_was_discarded(self, house: House) -> None:
        first = parked(house)
        discard(house, first)
        second = parked(house)
        discard(house, second)

        third = parked(house)

        assert parked(house) == third
        assert len({first, second, third}) == 3
        assert [one.id for one in listed(house, ParkedQuery(state=State.PARKED))] == [third]
        assert ExplainParked(house.documents)(parked_id=third).parked.id == third
        replay(house, third)
        settle(house, third)
        assert len(received(house)) == 1


class TestListParked:
    def test_lists_the_longest_parked_first_without_bodies(self, house: House) -> None:
        for name in ("m1", "m2", "m3"):
            parked(house, name)
            house.clock.pass_by(timedelta(hours=12))

        found = listed(house)

        assert [one.message_id for one in found] == ["m1", "m2", "m3"]
        assert NUMBER not in str(found)

    def test_lists_by_day_and_state(self, house: House) -> None:
        first = parked(house, "m1")
        today = house.clock.now().date()
        house.clock.pass_by(timedelta(days=1))
        parked(house, "m2")
        replay(house, first)

        assert [one.message_id for one in listed(house, ParkedQuery(day=today))] == ["m1"]
        assert [one.message_id for one in listed(house, ParkedQuery(state=State.PARKED))] == ["m2"]

    @pytest.mark.parametrize("limit", [0, 501])
    def test_refuses_pages_of_no_sense(self, house: House, limit: int) -> None:
        with pytest.raises(Nonsense):
            listed(house, ParkedQuery(limit=limit))


class TestExplainParked:
    def test_shows_the_shape_and_withholds_the_values(self, house: House) -> None:
        explained = ExplainParked(house.documents)(parked_id=parked(house))

        assert explained.body == {
            "patient_id": "text",
            "attempts": "number",
            "to": {"?": "text"},
            "tags": ["text", "nothing", "truth"],
        }
        assert explained.parked.problems == (("to", "missing"),)
        assert NUMBER not in str(explained)

    @pytest.mark.parametrize("parked_id", ["", "x", "2026-03-29~x", f"2026-03-29~{'0' * 40}", "../x"])
    def test_finds_nothing_under_another_id(self, house: House, parked_id: str) -> None:
        with pytest.raises(NoSuchMessage):
            ExplainParked(house.documents)(parked_id=parked_id)

    @pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
    def test_says_of_what_is_not_json_how_long_it_is(self, body: bytes) -> None:
        assert structure(body) == f"not JSON, {len(body)} bytes"


class TestReplayParked:
    def test_decides_and_tells(self, house: House) -> None:
        shown = replay(house, parked(house))

        assert (shown.state, shown.decided_by, shown.why) == (
            State.REPLAYING,
            "entra|olga",
            "Template mended",
        )
        assert announced(house) == ["CarryOutDecision", "RecordAudit"]
        assert received(house) == []

    @pytest.mark.parametrize(
        ("caller", "why"), [(ANOTHER, "Template mended"), (OPERATOR, "Because"), (OPERATOR, None)]
    )
    def test_is_decided_once(self, house: House, caller: Caller, why: str | None) -> None:
        parked_id = parked(house)
        replay(house, parked_id)

        with pytest.raises(AlreadyDecided):
            replay(house, parked_id, caller=caller, why=why)

    def test_is_answered_again_when_asked_again(self, house: House) -> None:
        parked_id = parked(house)
        first = replay(house, parked_id)

        again = replay(house, parked_id)

        assert again == first
        assert announced(house) == ["CarryOutDecision", "RecordAudit"]

    def test_is_answered_again_when_it_has_been_carried_out(self, house: House) -> None:
        parked_id = parked(house)
        replay(house, parked_id)
        settle(house, parked_id)

        assert replay(house, parked_id).state is State.REPLAYED

    def test_does_not_follow_a_discard(self, house: House) -> None:
        parked_id = parked(house)
        discard(house, parked_id, why="Template mended")

        with pytest.raises(AlreadyDecided):
            replay(house, parked_id)

    def test_refuses_what_no_queue_carries_and_leaves_it_to_be_discarded(self, house: House) -> None:
        parked_id = parked(house, queue=NO_QUEUE)

        with pytest.raises(NoQueueToReturnTo):
            replay(house, parked_id)

        assert [one.state for one in listed(house)] == [State.PARKED]
        assert announced(house) == []


class TestDiscardParked:
    def test_is_answered_again_when_asked_again_and_refused_to_others(self, house: House) -> None:
        parked_id = parked(house)

        assert discard(house, parked_id) == discard(house, parked_id)
        with pytest.raises(AlreadyDecided):
            discard(house, parked_id, caller=ANOTHER)
        assert announced(house) == ["RecordAudit"]

    def test_decides_for_good_and_keeps_it_for_a_while(self, house: House) -> None:
        parked_id = parked(house)

        shown = DiscardParked(house.documents)(
            Decision(), parked_id=parked_id, caller=OPERATOR, now=house.clock.now()
        )

        assert shown.state is State.DISCARDED
        assert announced(house) == ["RecordAudit"]
        assert len(listed(house)) == 1
        house.clock.pass_by(timedelta(days=30))
        assert listed(house) == ()
        with pytest.raises(NoSuchMessage):
            replay(house, parked_id)


class TestSettleParked:
    def test_sends_a_replay_afresh_under_a_new_id(self, house: House) -> None:
        parked_id = parked(house)
        replay(house, parked_id)

        settle(house, parked_id)

        (message,) = received(house)
        assert message.id != "m1"
        assert dict(message.properties) == {"type": "DeliverMessage"}
        assert json.loads(message.body)["patient_id"] == "ada"
        assert listed(house)[0].state is State.REPLAYED

    def test_keeps_the_session(self, house: House) -> None:
        parked_id = parked(house, queue="journey-steps", session="ada")
        replay(house, parked_id)

        settle(house, parked_id)

        lease = house.queues.accept_session("journey-steps", lock_for=timedelta(minutes=1))
        assert lease is not None
        assert lease.session == "ada"

    def test_sends_once_when_told_twice(self, house: House) -> None:
        parked_id = parked(house)
        replay(house, parked_id)

        settle(house, parked_id)
        settle(house, parked_id)

        assert len(received(house)) == 1

    def test_sends_under_the_same_id_when_killed_before_it_could_say_so(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        parked_id = parked(house)
        replay(house, parked_id)
        with monkeypatch.context() as killed:
            killed.setattr(type(house.documents), "commit", _killed)
            with pytest.raises(KeyboardInterrupt):
                settle(house, parked_id)

        settle(house, parked_id)

        assert len({message.id for message in received(house)}) == 1

    def test_does_nothing_about_what_nobody_has_decided(self, house: House) -> None:
        parked_id = parked(house)

        settle(house, parked_id)

        assert received(house) == []


class TestDeadLetters:
    def decide(self, house: House, act: Any, number: object, caller: Caller = OPERATOR) -> ParkedShown:
        return act(house.documents, house.queues)(
            Decision("Mended"),
            queue=QUEUE,
            sequence_number=str(number),
            caller=caller,
            now=house.clock.now(),
        )

    def test_are_listed_with_reason_and_shape_only(self, house: House) -> None:
        a_dead_letter(house)

        (letter,) = ListDeadLetters(house.queues)(DeadLetterQuery(), queue=QUEUE).letters

        assert (letter.reason, letter.body) == ("MaxDeliveryCountExceeded", {"to": "text"})
        assert NUMBER not in str(letter)

    def test_stay_until_the_copy_has_been_sent(self, house: House) -> None:
        number = a_dead_letter(house)

        decided = self.decide(house, ReplayDeadLetter, number)

        assert (dead_letters(house), received(house)) == ([number], [])
        settle(house, decided.id)
        assert (dead_letters(house), len(received(house))) == ([], 1)
        assert listed(house)[0].state is State.REPLAYED

    def test_are_taken_out_when_discarded(self, house: House) -> None:
        number = a_dead_letter(house)

        settle(house, self.decide(house, DiscardDeadLetter, number).id)

        assert (dead_letters(house), received(house)) == ([], [])
        assert listed(house)[0].state is State.DISCARDED

    def test_are_settled_even_if_taken_out_before_a_crash(self, house: House) -> None:
        number = a_dead_letter(house)
        decided = self.decide(house, ReplayDeadLetter, number)
        house.queues.take_dead_letter(QUEUE, number)

        settle(house, decided.id)

        assert listed(house)[0].state is State.REPLAYED

    def test_out_of_reach_for_now_are_not_taken_for_settled(self, house: House) -> None:
        decided = self.decide(house, DiscardDeadLetter, a_dead_letter(house))
        settling = SettleParked(house.documents, house.queues, cast("QueueReceiver", OutOfReach()))

        with pytest.raises(TransientFault):
            settling(CarryOutDecision(decided.id), now=house.clock.now())

        assert listed(house)[0].state is not State.DISCARDED
        settle(house, decided.id)
        assert listed(house)[0].state is State.DISCARDED

    @pytest.mark.parametrize(
        ("second", "caller"), [(ReplayDeadLetter, ANOTHER), (DiscardDeadLetter, OPERATOR)]
    )
    def test_are_decided_once(self, house: House, second: Any, caller: Caller) -> None:
        number = a_dead_letter(house)
        self.decide(house, ReplayDeadLetter, number)

        with pytest.raises(AlreadyDecided):
            self.decide(house, second, number, caller)

    @pytest.mark.parametrize("act", [ReplayDeadLetter, DiscardDeadLetter])
    def test_are_answered_again_for_when_asked_again(self, house: House, act: Any) -> None:
        number = a_dead_letter(house)
        first = self.decide(house, act, number)

        again = self.decide(house, act, number)

        assert again == first
        assert announced(house) == ["CarryOutDecision", "RecordAudit"]

    def test_are_audited(self, house: House) -> None:
        self.decide(house, DiscardDeadLetter, a_dead_letter(house))

        assert announced(house) == ["CarryOutDecision", "RecordAudit"]

    @pytest.mark.parametrize("number", ["99", "x", "-1", "٣", ""])
    def test_are_found_by_their_number_only(self, house: House, number: str) -> None:
        a_dead_letter(house)

        with pytest.raises(NoSuchMessage):
            self.decide(house, ReplayDeadLetter, number)


def _killed(self: Documents, *_: object, **__: object) -> None:
    del self
    raise KeyboardInterrupt
