"""Announcements reach the queues of the table, at least once, whatever happens on the way (D5)."""

import json
import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.sqlite_documents import SqliteDocuments
from shared.journeys.model import AdvanceEnrolment
from shared.kernel.announcements import Announcement
from shared.kernel.documents import MOST_BYTES, Commit, Create, Documents
from shared.kernel.identity import PatientId
from shared.kernel.queues import LARGEST_BODY, OutgoingMessage, Queues, ReceivedMessage
from shared.kernel.refusals import TransientFault
from shared.messaging.model import DeliverMessage
from shared.operations.documents import PARKED_AT
from shared.operations.list_parked import ListParked
from shared.operations.model import NO_QUEUE, ParkedQuery
from shared.operations.park_message import ParkMessage
from shared.wiring.relay import (
    LEFT_BEHIND_AFTER,
    MADE_AT,
    PublishToQueues,
    RelayAnnouncements,
    RelayLeftBehind,
    TooLarge,
)
from tests.support.house import House, a_house

INDEXES = (MADE_AT, PARKED_AT)
A_MINUTE = timedelta(minutes=1)
PLANTED = "9434765919"
THIRTY_THREE = range(33)


@dataclass(frozen=True, slots=True)
class MoonHasRisen:
    """A fact of a newer version of the app, which no queue of this one carries."""

    patient_id: str


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path, indexes=INDEXES) as one:
        yield one


def a_step(patient: str = "ada", enrolment: str = "e1", **more: Any) -> Announcement:
    step = AdvanceEnrolment(PatientId(patient), enrolment, 3)
    return Announcement(step, f"{enrolment}~3", (f"enrolment~{enrolment}", 1), **more)


def a_delivery(message: str = "m1") -> Announcement:
    delivery = DeliverMessage("sms~0c", message, 2)
    return Announcement(delivery, message, (f"decision~{message}", 2))


def a_large_delivery(size: int) -> DeliverMessage:
    return DeliverMessage("sms~0c", "x" * size, 2)


def moonrise() -> Announcement:
    return Announcement(MoonHasRisen(PLANTED), "tonight", ("moon~1", 1))


def committed(house: House, *announcements: Announcement, partition: str = "patient/ada") -> None:
    """Announce in one commit with a document, as every act does."""
    name = f"{len(announcements)}-{announcements[0].id}"
    house.documents.commit(partition, changes=[Create(f"thing~{name}", {})], announcements=announcements)


def changed(house: House) -> Sequence[Mapping[str, Any]]:
    changes, _ = house.change_feed.read("relay", limit=1000)
    return changes


def the_relay(
    house: House, *, documents: Documents | None = None, queues: Queues | None = None
) -> RelayAnnouncements:
    park = ParkMessage(house.documents)
    return RelayAnnouncements(documents or house.documents, queues or house.queues, park)


def relay(house: House) -> int:
    return the_relay(house)(changed(house), now=house.clock.now())


def waiting(house: House) -> list[str]:
    """Give the types of the announcements that are still to be told."""
    return [change["body"]["type"] for change in changed(house) if change["kind"] == "announcement"]


def received(house: House, queue: str) -> Sequence[ReceivedMessage]:
    return list(house.queues.receive(queue, limit=500, lock_for=A_MINUTE))


def next_step_of_somebody(house: House) -> ReceivedMessage | None:
    lease = house.queues.accept_session("journey-steps", lock_for=A_MINUTE)
    return next(iter(house.queues.receive_in_session(lease, limit=1)), None) if lease else None


class Killed(BaseException):
    """The process is gone."""


class TornDocuments(SqliteDocuments):
    """A store whose process is killed before anything that was published is deleted."""

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:  # noqa: ARG002  # killed before
        raise Killed


class BusyQueues(Queues):
    """Queues that take nothing just now."""

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:  # noqa: ARG002  # nothing is taken
        raise TransientFault


class DeafQueue(Queues):
    """Queues of which one takes nothing just now."""

    def __init__(self, queues: Queues, deaf: str) -> None:
        self._queues, self._deaf = queues, deaf

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:
        if queue == self._deaf:
            raise TransientFault
        self._queues.send(queue, messages)


MALFORMED: dict[str, Callable[[dict[str, Any]], object]] = {
    "content is no object": lambda body: body.update(content=[PLANTED]),
    "no content": lambda body: body.pop("content"),
    "no type": lambda body: body.pop("type"),
    "speaks of nothing": lambda body: body.update(of=None),
    "due at no time": lambda body: body.update(due_at=PLANTED),
    "due without a zone": lambda body: body.update(due_at="2026-03-29T02:30:00"),
}


class TestRelay:
    def test_publishes_to_the_queue_of_the_table_and_its_session(self, house: House) -> None:
        committed(house, a_step())

        relay(house)

        message = next_step_of_somebody(house)
        assert message is not None
        assert message.session == "ada"
        assert json.loads(message.body) == {"patient_id": "ada", "enrolment_id": "e1", "step_counter": 3}
        assert dict(message.properties) == {
            "type": "AdvanceEnrolment",
            "of": "enrolment~e1",
            "of_version": "1",
        }

    def test_publishes_what_needs_no_session_without_one(self, house: House) -> None:
        committed(house, a_delivery())

        relay(house)

        assert [message.session for message in received(house, "deliveries")] == [None]

    def test_holds_back_what_is_due_later(self, house: House) -> None:
        committed(house, a_step(due_at=house.clock.now() + timedelta(days=3)))
        relay(house)
        early = next_step_of_somebody(house)

        house.clock.pass_by(timedelta(days=3))

        assert early is None
        assert next_step_of_somebody(house) is not None

    def test_says_how_many_it_has_told_and_deletes_them_alone(self, house: House) -> None:
        committed(house, a_delivery("m1"), a_delivery("m2"))

        relayed = relay(house)

        assert relayed == 2
        assert [change["kind"] for change in changed(house)] == ["thing"]

    def test_publishes_again_when_it_was_killed_before_it_deleted(self, house: House) -> None:
        committed(house, a_delivery())
        torn = the_relay(house, documents=TornDocuments(house.file, clock=house.clock, indexes=INDEXES))
        with pytest.raises(Killed):
            torn(changed(house), now=house.clock.now())
        (first,) = received(house, "deliveries")
        left = waiting(house)

        relay(house)

        assert left == ["DeliverMessage"]
        assert [message.id for message in received(house, "deliveries")] == [first.id]
        assert waiting(house) == []

    def test_keeps_what_the_queues_would_not_take(self, house: House) -> None:
        committed(house, a_delivery())

        with pytest.raises(TransientFault):
            the_relay(house, queues=BusyQueues())(changed(house), now=house.clock.now())

        assert waiting(house) == ["DeliverMessage"]

    def test_holds_up_only_what_is_for_a_queue_that_takes_nothing(self, house: House) -> None:
        committed(house, a_step(), a_delivery())

        with pytest.raises(TransientFault):
            the_relay(house, queues=DeafQueue(house.queues, "journey-steps"))(
                changed(house), now=house.clock.now()
            )

        assert len(received(house, "deliveries")) == 1
        assert waiting(house) == ["AdvanceEnrolment"]
        relay(house)
        assert next_step_of_somebody(house) is not None
        assert received(house, "deliveries") == [], "it is not told again with the others"

    def test_passes_over_what_is_not_ours(self, house: House) -> None:
        committed(house, a_delivery())

        told = the_relay(house)([{"id": "stranger"}, *changed(house)], now=house.clock.now())

        assert (told, len(received(house, "deliveries"))) == (1, 1)

    @pytest.mark.parametrize("how", MALFORMED)
    def test_parks_what_is_not_spelt_as_an_announcement_and_goes_on(
        self, house: House, caplog: pytest.LogCaptureFixture, how: str
    ) -> None:
        committed(house, a_step(), a_delivery())
        changes = changed(house)
        (step,) = (one["body"] for one in changes if one["body"].get("type") == "AdvanceEnrolment")
        MALFORMED[how](step)

        the_relay(house)(changes, now=house.clock.now())

        (parked,) = ListParked(house.documents)(ParkedQuery()).messages
        assert (parked.queue, parked.reason) == (NO_QUEUE, "Malformed")
        assert len(received(house, "deliveries")) == 1
        assert waiting(house) == []
        assert not any(PLANTED in str(vars(record)) for record in caplog.records)

    def test_does_not_mind_being_told_of_what_it_has_deleted(self, house: House) -> None:
        committed(house, a_delivery())
        seen = changed(house)
        the_relay(house)(seen, now=house.clock.now())

        the_relay(house)(seen, now=house.clock.now())

        assert waiting(house) == []

    def test_parks_what_no_queue_carries_and_goes_on(
        self, house: House, caplog: pytest.LogCaptureFixture
    ) -> None:
        committed(house, moonrise(), a_delivery())

        with caplog.at_level(logging.INFO):
            relay(house)

        (parked,) = ListParked(house.documents)(ParkedQuery()).messages
        assert (parked.queue, parked.type, parked.reason) == (NO_QUEUE, "MoonHasRisen", "NoQueueCarriesIt")
        assert len(received(house, "deliveries")) == 1
        assert waiting(house) == []
        (told,) = [record for record in caplog.records if record.msg == "wiring.announcement.unroutable"]
        assert PLANTED not in str(vars(told))

    @pytest.mark.parametrize("patient", ["", "p" * 129], ids=["nobody", "too long"])
    def test_parks_what_no_session_could_take_and_goes_on(self, house: House, patient: str) -> None:
        committed(house, a_step(patient), a_delivery())

        relay(house)

        (parked,) = ListParked(house.documents)(ParkedQuery()).messages
        assert (parked.type, parked.reason) == ("AdvanceEnrolment", "HasNoSession")
        assert len(received(house, "deliveries")) == 1
        assert waiting(house) == []

    def test_parks_what_no_document_could_hold_and_goes_on(self, house: House) -> None:
        committed(house, Announcement(a_large_delivery(MOST_BYTES - 2_000), "large", ("decision~m", 2)))
        committed(house, a_delivery())
        changes = changed(house)
        (large,) = (one["body"] for one in changes if one["body"].get("named") == "large")
        large["content"]["message_id"] += "x" * 2_000

        the_relay(house)(changes, now=house.clock.now())

        (parked,) = ListParked(house.documents)(ParkedQuery()).messages
        assert (parked.queue, parked.type, parked.reason) == (NO_QUEUE, "DeliverMessage", "TooLarge")
        assert len(received(house, "deliveries")) == 1
        assert waiting(house) == []


class TestRelayLeftBehind:
    def swept(self, house: House) -> int:
        sweep = RelayLeftBehind(house.documents, the_relay(house))
        return sweep(now=house.clock.now(), real=house.clock.real())

    def test_tells_what_has_waited_for_two_minutes_page_by_page(self, house: House) -> None:
        names = {f"m{patient}-{number}" for patient in range(7) for number in THIRTY_THREE}
        for patient in range(7):
            deliveries = [a_delivery(f"m{patient}-{number}") for number in THIRTY_THREE]
            committed(house, *deliveries, partition=f"patient/p{patient}")
        house.clock.pass_by(LEFT_BEHIND_AFTER)

        told = self.swept(house)

        bodies = [json.loads(message.body) for message in received(house, "deliveries")]
        assert told == len(bodies) == len(names)
        assert {body["message_id"] for body in bodies} == names
        assert waiting(house) == []

    def test_goes_on_behind_what_it_could_not_tell(self, house: House) -> None:
        for patient in range(4):
            steps = [a_step(f"p{patient}", f"e{patient}-{number}") for number in THIRTY_THREE]
            committed(house, *steps, partition=f"patient/p{patient}")
        house.clock.pass_by(A_MINUTE)
        committed(house, a_delivery())
        house.clock.pass_by(LEFT_BEHIND_AFTER)
        deaf = the_relay(house, queues=DeafQueue(house.queues, "journey-steps"))

        with pytest.raises(TransientFault):
            RelayLeftBehind(house.documents, deaf)(now=house.clock.now(), real=house.clock.real())

        assert len(received(house, "deliveries")) == 1

    def test_leaves_to_the_feed_what_is_younger(self, house: House) -> None:
        committed(house, a_delivery("old"))
        house.clock.pass_by(LEFT_BEHIND_AFTER)
        committed(house, a_delivery("young"))

        told = self.swept(house)

        assert told == 1
        assert [json.loads(message.body)["message_id"] for message in received(house, "deliveries")] == [
            "old"
        ]

    def test_measures_in_machine_time(self, house: House) -> None:
        committed(house, a_delivery())
        house.clock.instant += timedelta(days=30)

        assert self.swept(house) == 0

    @pytest.mark.parametrize("days", [-10, 10])
    def test_finds_what_was_made_while_business_time_was_elsewhere(self, house: House, days: int) -> None:
        house.clock.instant += timedelta(days=days)
        committed(house, a_delivery())
        early = self.swept(house)
        house.clock.pass_by(LEFT_BEHIND_AFTER)

        assert (early, self.swept(house)) == (0, 1)


class TestPublishToQueues:
    def test_sends_each_to_the_queue_of_its_type(self, house: House) -> None:
        PublishToQueues(house.queues).publish([a_step(), a_delivery()])

        step = next_step_of_somebody(house)
        assert step is not None
        assert step.session == "ada"
        assert len(received(house, "deliveries")) == 1

    def test_gives_it_the_name_under_which_a_commit_would_have_told_it(self, house: House) -> None:
        committed(house, a_delivery())
        relay(house)
        (relayed,) = received(house, "deliveries")

        PublishToQueues(house.queues).publish([a_delivery("m1"), a_delivery("m2")])

        again, other = received(house, "deliveries")
        assert again.id == relayed.id
        assert other.id != relayed.id

    def test_takes_nothing_that_is_too_large(self, house: House) -> None:
        large = Announcement(a_large_delivery(LARGEST_BODY), "large", ("decision~m", 2))

        with pytest.raises(TooLarge):
            PublishToQueues(house.queues).publish([a_delivery(), large])

        assert received(house, "deliveries") == []
