"""Whatever the product writes in FHIR is valid R4, as an outside judge reads the standard (FH-1)."""

import re
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from local.fhir_export_jobs import Job, next_step
from local.sample.person import World
from local.sample.population import population
from shared.adapters.sqlite_record import SqliteRecord
from shared.adapters.sqlite_record_export import Portion
from shared.audit.in_fhir import audit_event
from shared.audit.model import AuditEntry
from shared.consent.model import Purpose
from shared.exchange.keep_in_record import OwnResource
from shared.fhir.instants import DAWN, DUSK
from shared.fhir.ports import Write
from shared.kernel.clock import StoppedClock
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.messaging.in_fhir import Background, Sending, communication
from shared.messaging.model import BounceCategory, Channel, MessageState, Reason
from shared.surveys.definitions import drafted
from shared.surveys.in_fhir import questionnaire, questionnaire_response
from shared.surveys.model import Answer, Response
from shared.tasks.in_fhir import task_resource
from shared.tasks.model import Note, Task, TaskStatus
from tests.rooms.appointments.desk import a_desk, a_slot, monday
from tests.rooms.surveys.builders import a_draft
from tests.support.fhir_http import entry, fhir_house, put, send
from tests.support.fhir_people import a_patient, an_appointment, an_hba1c
from tests.support.fhir_people import a_slot as a_plain_slot
from tests.support.house import a_house
from tests.support.judges import judge
from tests.support.medplum import NAME, is_installed, problems_of
from tests.support.reference_data import reference_data
from tests.support.tree import python_files
from tests.support.written_back import a_shelf

Resources = list[dict[str, Any]]
AT = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
ALL = Portion(DAWN, DUSK)
MADE_UP = 40
SPELT = re.compile(r'"resourceType": "(\w+)"')


def bookings(folder: Path) -> Resources:
    """Book, move, cancel; with reasons and without, by a patient and by staff; every version that was."""
    with a_desk(folder) as desk:
        desk.has(*(a_slot(f"s{hour}", monday(hour)) for hour in range(9, 13)))
        booked = desk.books("s9", reason="A sore throat, since “Friday”")
        desk.moves(booked.id, "s10")
        desk.cancels(booked.id, reason="Better now")
        other = desk.books("s11", booking_id="second")
        desk.cancels(other.id, booking_id="without-a-reason")
        desk.books_for(PatientId("bob"), "s12", "chat-7")
        written = ("Appointment", "Slot", "Basic")
        return [
            version
            for type_ in written
            for _, body in desk.record.page_of(type_, ALL, after=0, limit=100)
            for version in desk.record.history(type_, orjson.loads(body)["id"])
        ]


def made_up_people(_: Path) -> Resources:
    people = population(World(seed=7, as_of=date(2026, 3, 29)))
    return [resource for number in range(MADE_UP) for resource in people.patient(number)]


def tasks(_: Path) -> Resources:
    statuses: tuple[TaskStatus, ...] = (
        *("requested", "accepted", "in-progress"),
        *("completed", "cancelled", "rejected"),
    )
    full = [
        Task(
            *("call-back-1", status, "urgent", "call-back", Sensitive("Ring her back"), "trigger hba1c"),
            *("conversation/chat-7", PatientId("maria"), "https://issuer|ida", "https://issuer|kai"),
            *("front-desk", AT + timedelta(days=2), AT, AT),
            notes=(Note(AT, "https://issuer|kai", Sensitive("No answer"), "n1"),),
            outcome=Sensitive("She comes on Tuesday") if status == "completed" else None,
            why_not=Sensitive("A wrong number") if status in ("cancelled", "rejected") else None,
        )
        for status in statuses
    ]
    bare = Task(
        *("id_with_an_underscore", "requested", "routine", "follow-up", Sensitive("Look"), None),
        *("Observation/hba1c", None, None, None, None, None, AT, AT),
    )
    return [task_resource(task) for task in (*full, bare)]


def messages(folder: Path) -> Resources:
    """Every state and reason, on every channel, to the patient and to family, as they are written."""
    ends: tuple[tuple[MessageState, Reason | BounceCategory | None], ...] = (
        *((MessageState.ACCEPTED, None), (MessageState.DELIVERED, None)),
        *((MessageState.UNCERTAIN, reason) for reason in (Reason.OUTCOME_UNKNOWN, Reason.TRIED_TOO_OFTEN)),
        *((MessageState.REFUSED, reason) for reason in Reason),
        *((MessageState.BOUNCED, reason) for reason in BounceCategory),
    )
    visit = an_appointment("visit", of="maria") | {"start": (AT + timedelta(days=1)).isoformat()}
    mother = {"resourceType": "RelatedPerson", "id": "mother", "patient": {"reference": "Patient/maria"}}
    abouts = (
        Background(),
        Background({"Appointment/visit": visit, "RelatedPerson/mother": mother}, "visits"),
    )
    spelt = [
        communication(
            Sending(
                *(f"m{number}", channel, "visit-tomorrow", state, reason, AT, family, version),
                *(Purpose.TRANSACTIONAL if version else None, AT, Sensitive("See you on Tuesday")),
            ),
            PatientId("maria"),
            about,
        )
        for number, (state, reason) in enumerate(ends)
        for channel, family, version in zip(
            Channel, (None, "mother", None, None), (1, 2, 3, None), strict=True
        )
        for about in abouts
    ]
    return _in_the_record(folder, spelt)


def surveys(folder: Path) -> Resources:
    """What is asked, and what is answered: to all of it, and to as little as can be."""
    survey = drafted("csat", a_draft(), None)
    given = {
        "satisfaction": ("2",),
        "settled": ("No",),
        "topics": ("Booking", "A bill"),
        "more": ("Nobody came.",),
    }
    answers = tuple(Answer(of, Sensitive(some)) for of, some in given.items())
    responses = [
        Response(f"i{number}", "csat", 1, "chat-7", PatientId("maria"), Sensitive(2), some, AT)
        for number, some in enumerate((answers, answers[:1]))
    ]
    address = "https://clinic.example"
    return _in_the_record(
        folder,
        [
            questionnaire(survey, address=address),
            *(questionnaire_response(one, survey, PatientId("maria"), address=address) for one in responses),
        ],
    )


def tasks_in_the_record(folder: Path) -> Resources:
    return _in_the_record(folder, tasks(folder))


def _in_the_record(folder: Path, spelt: Resources) -> Resources:
    """Write them as the house does, and give them as they stand there."""
    with a_house(folder) as house, a_shelf(folder, house) as shelf:
        shelf.allow()
        written: Resources = []
        for number, one in enumerate(spelt):
            own = OwnResource(one["resourceType"], one["resourceType"].lower() + f"-{number}")
            shelf.keep(own, lambda _, one=one, own=own: {**one, "id": own.id}, now=AT)
            written.append(shelf.record.read(own.type, own.id))
        return written


def audit_events(_: Path) -> Resources:
    entries = (
        AuditEntry(
            AT, "https://issuer|nurse", "read_patient", "Patient/ada", PatientId("ada"), "Emergency", AT
        ),
        AuditEntry(AT, "https://issuer|maker", "put_journey", "journey~flu", None, None, AT),
    )
    return [audit_event(entry, observer="Riverside Health Centre") for entry in entries]


def answers(folder: Path) -> Resources:
    """What the server says of itself, of what it found, of what was, and of what it does not do."""
    record = SqliteRecord(folder / "served.db", clock=StoppedClock(AT))
    with closing(record), fhir_house(record, folder / "served.db") as house:
        put(house, a_plain_slot())
        house.http.delete("/Slot/nine")
        booked = [entry("PUT", "Patient/maria", a_patient()), entry("PUT", "Observation/hba1c", an_hba1c())]
        some = [
            house.http.get("/metadata"),
            send(house, "transaction", *booked, entry("GET", "Patient?family=lind&_count=5000")),
            send(house, "batch", entry("DELETE", "Patient/nobody"), entry("GET", "Unicorn/1"), *booked),
            house.http.get("/Observation?_include=Observation:patient&_total=accurate&_count=5000"),
            house.http.get("/Slot"),
            house.http.get("/_history"),
            house.http.get("/Slot/nine"),
            house.http.get("/Slot/nobody"),
            house.http.put("/Patient/maria", json={**a_patient(), "birthDate": "soon", "oops": 1}),
            house.http.put("/Patient/maria", content=b"<Patient/>"),
            house.http.put("/Patient/maria", json=a_patient(), headers={"if-match": 'W/"7"'}),
            house.http.get("/$export"),
            house.http.get("/Patient?near=1", headers={"prefer": "handling=strict"}),
        ]
        return [response.json() for response in some]


def deletions(folder: Path) -> Resources:
    """What an export tells of what is gone."""
    with closing(SqliteRecord(folder / "gone.db", clock=StoppedClock(AT))) as record:
        record.load([a_plain_slot()])
        record.transaction([Write("DELETE", "Slot", "nine")])
        job = Job("https://clinic.example", AT.isoformat(), 0, ALL.until, ["Slot"], tells_deletions=True)
        while not job.is_done:
            next_step(record, folder, job)
    return [orjson.loads(line) for line in (folder / "deleted-1.ndjson").read_bytes().splitlines()]


WRITERS: Mapping[str, Callable[[Path], Resources]] = {
    "bookings": bookings,
    "made-up people": made_up_people,
    "tasks": tasks,
    "tasks in the record": tasks_in_the_record,
    "messages": messages,
    "surveys": surveys,
    "audit events": audit_events,
    "answers": answers,
    "deletions": deletions,
}
"""Whoever writes FHIR has a line here."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Resources]:
    judge(NAME, available=is_installed())
    return {name: write(tmp_path_factory.mktemp("written")) for name, write in WRITERS.items()}


class TestTheJudge:
    def test_sees_what_is_wrong(self) -> None:
        judge(NAME, available=is_installed())
        nobody_comes = {
            "resourceType": "Appointment",
            "status": "booked",
            "participant": [{"status": "accepted"}],
        }
        strange = {"resourceType": "Slot", "status": "free", "begin": "2026-04-01T09:00:00Z"}

        problems = problems_of([nobody_comes, strange, a_patient()])

        assert any("app-1" in one for one in problems[0])
        assert any("begin" in one for one in problems[1])
        assert problems[2] == []

    def test_takes_hl7s_own_examples_but_the_one_that_is_wrong(self) -> None:
        folder = reference_data() / "hl7-examples" / "r4"
        judge(NAME, available=is_installed())
        examples = [orjson.loads(path.read_bytes()) for path in sorted(folder.glob("*/*.json"))]

        problems = problems_of(examples)

        assert [one["id"] for one, some in zip(examples, problems, strict=True) if some] == ["qs1"]


class TestWhatWeWrite:
    def test_is_valid_r4(self, written: Mapping[str, Resources]) -> None:
        all_of_it = [(name, one) for name, resources in written.items() for one in resources]

        problems = problems_of(one for _, one in all_of_it)

        wrong = {
            f"{name}: {one['resourceType']} {problem}"
            for (name, one), some in zip(all_of_it, problems, strict=True)
            for problem in some
        }
        assert len(all_of_it) > 500
        assert wrong == set()

    def test_is_all_there(self, written: Mapping[str, Resources]) -> None:
        """Each type that is spelt anywhere in the product has been before the judge."""
        spelt = {name for path in python_files("shared", "local") for name in SPELT.findall(path.read_text())}
        judged = {one["resourceType"] for resources in written.values() for one in resources}

        assert len(spelt) > 15
        assert spelt - judged == set()

    def test_has_bookings_in_every_state_they_come_to(self, written: Mapping[str, Resources]) -> None:
        kinds = {(one["resourceType"], one.get("status")) for one in written["bookings"]}

        assert kinds >= {
            *(("Appointment", "booked"), ("Appointment", "cancelled")),
            *(("Slot", "free"), ("Slot", "busy"), ("Basic", None)),
        }
