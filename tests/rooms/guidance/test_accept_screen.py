"""The accept screen: all that helps, to nobody who is not at work on it, and nothing clinical."""

from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.access.model import Caller, Role
from shared.adapters.codec import to_json
from shared.adapters.sqlite_record import SqliteRecord
from shared.appointments.list_appointments import ListAppointments
from shared.appointments.show_appointments import ShowAppointments
from shared.conversations.activities import Activity, Author, Words, told
from shared.conversations.conversation import Conversation, Owner
from shared.conversations.documents import CURRENT, activity_document, conversation_partition
from shared.conversations.model import NoSuchConversation
from shared.conversations.read_conversation import ReadConversation
from shared.conversations.read_transcript import ReadTranscript
from shared.fhir.ports import Resource, Write
from shared.guidance.show_accept_screen import LONGEST_TRANSCRIPT, AcceptScreen, ShowAcceptScreen
from shared.kernel.documents import Create, replacing
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.read_profile import ReadProfile
from shared.routing.representatives import representative_id
from tests.rooms.patients.builders import a_patient, email, phone
from tests.support.house import House, a_house

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ADA = PatientId("ada")
AGENT = frozenset({Role.OMNICHANNEL_AGENT})
NINA = Caller("nina", "https://staff.example", AGENT)
OMAR = Caller("omar", "https://staff.example", AGENT)
SARA = Caller("sara", "https://staff.example", frozenset({Role.OMNICHANNEL_SUPERVISOR}))
WAITING: dict[str, Any] = {
    "state": "open",
    "owner": Owner("queue", "billing"),
    "queue_id": "billing",
    "waiting_since": NOW - timedelta(minutes=4),
}
OFFERED = WAITING | {
    "offered_to": representative_id(NINA),
    "offered_until": NOW + timedelta(seconds=30),
}
IN_HAND: dict[str, Any] = {
    "state": "active",
    "owner": Owner("representative", representative_id(NINA), "Nina"),
    "served_by": representative_id(NINA),
}


class Desk:
    """A conversation, the record, and the act that shows them together."""

    def __init__(self, house: House, record: SqliteRecord) -> None:
        self.house, self.record = house, record
        self.show = ShowAcceptScreen(
            ReadConversation(house.documents),
            ReadTranscript(house.documents),
            ReadProfile(record, "GB"),
            ListAppointments(record, ShowAppointments(record, "Europe/London")),
        )

    def has(self, *resources: Resource) -> None:
        self.record.transaction([Write("PUT", one["resourceType"], one["id"], one) for one in resources])

    def stands(self, how: dict[str, Any], *said: str, of: PatientId | None = ADA, **more: Any) -> None:
        """Let the conversation stand so, after the bot has said some things."""
        settled: dict[str, Any] = {
            "id": "c1",
            "patient_id": of,
            "user_id": "dl_ada",
            "workstream_id": "portal",
            "started_at": NOW - timedelta(minutes=9),
            "changed_at": NOW,
            "next_sequence": 1 + len(said),
        }
        conversation = Conversation(**{**settled, **how, **more})
        partition = conversation_partition("c1")
        before = self.house.documents.look(partition, CURRENT, Conversation)
        if before is not None:
            self.house.documents.commit(partition, changes=[replacing(before, conversation)])
            return
        self.house.documents.commit(partition, changes=[Create(CURRENT, conversation)])
        for start in range(0, len(said), 100):
            numbered = enumerate(said[start : start + 100], start + 1)
            self.house.documents.commit(
                partition,
                changes=[
                    Create(activity_document(number), _activity(number, text)) for number, text in numbered
                ],
            )

    def shows(self, caller: Caller) -> AcceptScreen:
        return self.show(conversation_id="c1", caller=caller, now=NOW)


def _activity(number: int, text: str) -> Activity:
    return Activity(number, "message", Author("bot", "bot", "Assistant"), NOW, words=told(text))


def an_appointment(
    of: str,
    starts: datetime,
    *,
    id: str = "visit",  # noqa: A002  # FHIR's own word
    status: str = "booked",
) -> Resource:
    ends = starts + timedelta(minutes=20)
    return {
        "resourceType": "Appointment",
        "id": id,
        "status": status,
        "start": starts.isoformat(),
        "end": ends.isoformat(),
        "reasonCode": [{"text": "It burns when I swallow."}],
        "participant": [{"actor": {"reference": f"Patient/{of}"}, "status": "accepted"}],
    }


@pytest.fixture
def desk(tmp_path: Path) -> Generator[Desk]:
    with (
        a_house(tmp_path) as house,
        closing(SqliteRecord(tmp_path / "record.db", clock=house.clock)) as record,
    ):
        yield Desk(house, record)


class TestWhoSeesIt:
    def test_whoever_is_offered_it_and_whoever_owns_it(self, desk: Desk) -> None:
        desk.has(a_patient())

        desk.stands(OFFERED)
        assert desk.shows(NINA).patient is not None

        desk.stands(IN_HAND)
        assert desk.shows(NINA).owner_name == "Nina"

    def test_supervisors(self, desk: Desk) -> None:
        desk.has(a_patient())
        desk.stands(WAITING)

        assert desk.shows(SARA).queue_id == "billing"

    @pytest.mark.parametrize("how", [WAITING, OFFERED, IN_HAND])
    def test_nobody_else(self, desk: Desk, how: dict[str, Any]) -> None:
        desk.has(a_patient())
        desk.stands(how)

        with pytest.raises(NoSuchConversation):
            desk.shows(OMAR)

    @pytest.mark.parametrize(
        "how",
        [
            OFFERED | {"offered_until": NOW},
            OFFERED | {"offered_until": NOW, "served_by": representative_id(NINA)},
            IN_HAND | {"state": "closed", "owner": Owner("nobody")},
            IN_HAND | {"owner": Owner("representative", representative_id(OMAR), "Omar")},
        ],
    )
    def test_nobody_whose_turn_is_over(self, desk: Desk, how: dict[str, Any]) -> None:
        desk.has(a_patient())
        desk.stands(how)

        with pytest.raises(NoSuchConversation):
            desk.shows(NINA)

    def test_nobody_where_there_is_no_conversation(self, desk: Desk) -> None:
        with pytest.raises(NoSuchConversation):
            desk.shows(SARA)


class TestWhatItShows:
    def test_is_what_was_said_learned_and_since_when_they_wait(self, desk: Desk) -> None:
        desk.has(a_patient())
        desk.stands(
            OFFERED,
            "Hello!",
            "What is it about?",
            context=Sensitive({"topic": "billing"}),
            summary=Sensitive("Asks about a bill."),
        )

        screen = desk.shows(NINA)

        assert (screen.queue_id, screen.waiting_since) == ("billing", NOW - timedelta(minutes=4))
        assert screen.context.value == {"topic": "billing"}
        assert screen.summary == Sensitive("Asks about a bill.")
        assert [one.text.value for one in screen.transcript if one.text] == ["Hello!", "What is it about?"]

    def test_is_who_they_are_without_what_could_be_copied(self, desk: Desk) -> None:
        desk.has(
            a_patient(
                "ada", phone("07700 900123"), email("Ada.ONeill@Example.ORG"), phone("020 7946 0018", "old")
            )
        )
        desk.stands(OFFERED)

        frame = desk.shows(NINA).patient

        assert frame is not None
        assert (frame.given.value, frame.family.value, frame.language) == ("Ada", "O'Neill", "en-GB")
        assert str(frame.birth_date.value) == "1961-05-04"
        assert [point.value.value for point in frame.contact_points] == ["••••••••••123", "A•••@example.org"]

    def test_is_what_appointments_are_to_come_soonest_first(self, desk: Desk) -> None:
        desk.has(
            a_patient(),
            an_appointment("ada", NOW + timedelta(days=9), id="later"),
            an_appointment("ada", NOW + timedelta(days=2), id="sooner"),
            an_appointment("ada", NOW + timedelta(days=3), id="off", status="cancelled"),
            an_appointment("ada", NOW - timedelta(days=3), id="past"),
            an_appointment("ada", NOW - timedelta(minutes=5), id="now"),
            a_patient("bob"),
            an_appointment("bob", NOW + timedelta(days=1), id="of-somebody-else"),
        )
        desk.stands(OFFERED)

        frame = desk.shows(NINA).patient

        assert frame is not None
        assert [one.id for one in frame.upcoming] == ["now", "sooner", "later"]

    def test_is_nothing_clinical_even_to_those_who_treat(self, desk: Desk) -> None:
        desk.has(a_patient(), an_appointment("ada", NOW + timedelta(days=2)))
        desk.stands(OFFERED)
        treats = Caller(NINA.subject, NINA.issuer, AGENT | {Role.HEALTHCARE_USER})

        assert b"swallow" not in to_json(desk.shows(treats))

    def test_has_no_frame_for_a_visitor_and_for_one_who_is_gone(self, desk: Desk) -> None:
        desk.stands(OFFERED, "Hello!", of=None)
        assert desk.shows(NINA).patient is None

        desk.stands(OFFERED, of=PatientId("gone"))
        assert (desk.shows(NINA).patient_id, desk.shows(NINA).patient) == ("gone", None)

    @pytest.mark.parametrize("length", [0, 1, 99, 100, 101, LONGEST_TRANSCRIPT, LONGEST_TRANSCRIPT + 1])
    def test_is_all_that_was_said_or_the_end_of_a_very_long_talk(self, desk: Desk, length: int) -> None:
        desk.stands(OFFERED, *(f"No. {number}" for number in range(1, length + 1)), of=None)

        screen = desk.shows(NINA)

        first = max(0, length - LONGEST_TRANSCRIPT)
        assert screen.left_out == first
        assert [one.sequence for one in screen.transcript] == list(range(first + 1, length + 1))

    def test_holds_what_the_patient_is_not_shown(self, desk: Desk) -> None:
        desk.stands(OFFERED, of=None, next_sequence=2)
        hidden = Activity(
            1, "message", Author("bot", "bot"), NOW, for_patient=False, words=Words(Sensitive("Angry"))
        )
        desk.house.documents.commit(
            conversation_partition("c1"), changes=[Create(activity_document(1), hidden)]
        )

        (said,) = desk.shows(NINA).transcript

        assert (said.for_patient, said.text) == (False, Sensitive("Angry"))
