"""Five thousand changes, told twice, late or never, to a house that is killed three times (FH-3, FH-14)."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from shared.access.model import Caller, Role
from shared.fhir.criteria import Code, ValueIs
from shared.fhir.ports import Resource
from shared.kernel.identity import PatientId
from shared.operations.documents import PARKED_AT
from shared.operations.model import ParkedMessage
from shared.patients.documents import facts_of, handles_of, person_of, projection_of
from shared.patients.facts import Fact
from shared.patients.facts_in_fhir import fact_from
from shared.patients.handles import Handles
from shared.patients.project_patient import NoSuchPatient
from shared.patients.put_view import ViewWanted
from shared.patients.read_timeline import TimelineEntry, WhichEntries
from shared.patients.routes import TypeView
from shared.patients.tiles import WhichTiles
from shared.triggers.documents import standing_for
from shared.triggers.model import PollChanges, TriggerDraft
from shared.wiring.composition import Application
from tests.support.fhir_people import HBA1C, LOINC
from tests.support.hostile_hospital import KINDS, PATIENTS, Hospital, admit, final_record
from tests.support.hostile_house import application_in, clock_of
from tests.support.product_machine import LOCKED_FOR
from tests.support.tree import ROOT

SEED = 4
MAKER = Caller("olga", "https://issuer", frozenset({Role.OUTREACH_SPECIALIST}))
NURSE = Caller("nadia", "https://issuer", frozenset({Role.HEALTHCARE_USER}))
EVERYBODY = tuple(PatientId(f"patient-{number}") for number in range(PATIENTS))
OPENED_BEFORE = range(40)
OPENED_MEANWHILE = range(40, 76)
"""Whose pages are opened while news of them is on the way, some by some; of the rest no facts are kept."""
KILLED_AFTER = (900, 2_500, 5_000)
"""Calls of the record, the store and the queues, in whose midst the house is killed."""


def a_trigger(when: Any) -> TriggerDraft:
    return TriggerDraft(
        name=f"HbA1c above 7 %, {when}",
        resource_type="Observation",
        when=when,
        codes=(Code(LOINC, HBA1C),),
        conditions=(ValueIs("value", "above", 7.0, unit="%"),),
        state="ready_to_use",
    )


def begin(folder: Path) -> None:
    """Admit people, put two triggers in force, and look at the record once, so that no more is history."""
    clock = clock_of(folder)
    admit(folder, clock.now())
    app = application_in(folder, clock)
    for when in ("either", "created"):
        app.put_trigger(a_trigger(when), trigger_id=when, caller=MAKER, now=clock.now(), if_match=None)
    app.poll_record(next(_polls(app)), now=clock.now())
    open_pages(app, OPENED_BEFORE)
    clock.pass_by(timedelta(seconds=10))
    app.close()


def open_pages(app: Application, numbers: range) -> None:
    """Show a nurse these patients, as far as they are there."""
    for number in numbers:
        with suppress(NoSuchPatient):
            app.show_patient(
                WhichTiles(),
                patient_id=EVERYBODY[number],
                caller=NURSE,
                reason="She rings",
                now=app.clock.now(),
            )


def _polls(app: Application) -> Iterator[Any]:
    for one in app.change_sources.sources:
        yield PollChanges(one.name, "due", app.clock.now())


def run(folder: Path, *, number: int, dies_after: int) -> "subprocess.CompletedProcess[bytes]":
    command = [
        sys.executable,
        "-m",
        "tests.support.hostile_house",
        str(folder),
        str(SEED + number),
        str(dies_after),
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=300)  # our own program


def deliver(hospital: Hospital, *, rounds: int | None = None, opens: range) -> int:
    clock = clock_of(hospital.folder)
    app = application_in(hospital.folder, clock)
    count = hospital.works(app.queues, clock.now(), rounds=rounds)
    open_pages(app, opens)
    app.close()
    return count


def told(app: Application, queue: str) -> Counter[tuple[str, str, int]]:
    """Give of what trigger, result and version of the firing it was told; what came twice counts once."""
    heard: dict[str, tuple[str, str, int]] = {}
    while (lease := app.receiver.accept_session(queue, lock_for=LOCKED_FOR)) is not None:
        messages = app.receiver.receive_in_session(lease, limit=10_000)
        for message in messages:
            body = json.loads(message.body)
            heard[message.id] = (body["trigger_id"], body["resource_id"], body["version"])
        app.receiver.complete(messages)
        app.receiver.release_session(lease)
    return Counter(heard.values())


def of_each(record: Mapping[str, Resource]) -> Mapping[PatientId, list[Resource]]:
    """Sort results and visits by whose they are: who is named, else identified, else whose visit it was."""
    sorted_: dict[PatientId, list[Resource]] = {one: [] for one in EVERYBODY}
    for resource in record.values():
        subject = resource.get("subject")
        visit = record.get(resource.get("encounter", {}).get("reference", "").removeprefix("Encounter/"))
        if subject is None and visit is not None:
            subject = visit["subject"]
        if resource["resourceType"] != "Patient" and subject is not None:
            number = subject.get("identifier", {}).get("value", "").removeprefix("MRN-")
            named = subject.get("reference", f"Patient/{number}").removeprefix("Patient/")
            sorted_[PatientId(named)].append(resource)
    return sorted_


def value_of(resource: Resource) -> str | None:
    return f"{resource['valueQuantity']['value']} %" if "valueQuantity" in resource else None


def kept_of(app: Application, patient_id: PatientId) -> Mapping[str, Fact]:
    return {found.body.resource: found.body for found in facts_of(app.documents, patient_id)}


def timeline(app: Application, patient_id: PatientId) -> Sequence[TimelineEntry]:
    """Give the first page of what a nurse is shown of somebody; nothing of who is not there."""
    try:
        found = app.read_timeline(
            WhichEntries(limit=100),
            patient_id=patient_id,
            caller=NURSE,
            reason="She rings",
            now=app.clock.now(),
        )
    except NoSuchPatient:
        return ()
    return found.entries


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def aftermath(folder: Path) -> Iterator[tuple[Hospital, Application]]:
    """Give the hospital, and the house, when all is over."""
    begin(folder)
    hospital = Hospital(folder, SEED)
    changes = 0
    for number, dies_after in enumerate(KILLED_AFTER):
        changes += deliver(hospital, rounds=14, opens=OPENED_MEANWHILE[number::4])
        assert run(folder, number=number, dies_after=dies_after).returncode == -signal.SIGKILL
    changes += deliver(hospital, opens=OPENED_MEANWHILE[len(KILLED_AFTER) :: 4])
    last = run(folder, number=len(KILLED_AFTER), dies_after=0)
    assert (last.returncode, changes) == (0, hospital.changes), last.stderr.decode()[-2000:]
    clock = clock_of(folder)
    clock.pass_by(LOCKED_FOR + timedelta(seconds=1))
    app = application_in(folder, clock)
    yield hospital, app
    app.close()


class TestAfterAHostileDelivery:
    def test_each_trigger_has_fired_once_for_each_real_change(
        self, aftermath: tuple[Hospital, Application]
    ) -> None:
        hospital, app = aftermath
        fired, withdrawn = told(app, "journey-starts"), told(app, "journey-stops")

        firings = {
            (trigger, name): firing
            for name in hospital.fates
            for firing in standing_for(app.documents, f"Observation/{name}")
            for trigger in [firing.trigger_id]
        }

        assert max([*fired.values(), *withdrawn.values()]) == 1
        assert {name for trigger, name in firings if trigger == "either"} == hospital.must_stand()
        for name in hospital.must_stand():
            assert firings["either", name].occurrence == 1, name
            assert fired["either", name, 1] == 1, name
        once = {name for name, kind in hospital.fates.items() if kind in ("high", "kept")}
        assert once <= {name for trigger, name in firings if trigger == "created"}
        for trigger in ("either", "created"):
            for name in hospital.fates:
                versions = [version for of, about, version in fired if (of, about) == (trigger, name)]
                taken_back = [version for of, about, version in withdrawn if (of, about) == (trigger, name)]
                assert len(versions) - len(taken_back) == ((trigger, name) in firings), name

    def test_nothing_was_set_aside(self, aftermath: tuple[Hospital, Application]) -> None:
        _, app = aftermath

        assert app.documents.find(PARKED_AT, ParkedMessage).items == ()
        assert [depth.dead for depth in app.receiver.depths() if depth.dead] == []

    def test_what_stands_is_what_the_record_says(self, aftermath: tuple[Hospital, Application]) -> None:
        hospital, app = aftermath
        record = final_record(hospital.folder, app.clock.now())

        high = {
            name
            for name, result in record.items()
            if result["valueQuantity"]["value"] > 7.0 and result["code"]["coding"][0]["code"] == HBA1C
        }

        assert high == hospital.must_stand()

    def test_what_is_kept_of_each_patient_is_what_the_record_says(
        self, aftermath: tuple[Hospital, Application]
    ) -> None:
        hospital, app = aftermath
        record = final_record(hospital.folder, app.clock.now(), kinds=KINDS)
        theirs = of_each(record)
        projected = [one for one in EVERYBODY if projection_of(app.documents, one) is not None]

        for patient_id in projected:
            kept = kept_of(app, patient_id)
            assert {fact.id: (fact.version, fact.detail.value.get("value")) for fact in kept.values()} == {
                str(one["id"]): (int(one["meta"]["versionId"]), value_of(one)) for one in theirs[patient_id]
            }
            assert kept == {
                f"{one['resourceType']}/{one['id']}": fact_from(one, patient_id) for one in theirs[patient_id]
            }
        assert {one for one in EVERYBODY if kept_of(app, one)} <= set(projected)
        for number in range(OPENED_MEANWHILE.stop):
            assert EVERYBODY[number] in projected or number % 6 == 3 or EVERYBODY[number] not in record

    def test_who_is_kept_is_who_the_record_says(self, aftermath: tuple[Hospital, Application]) -> None:
        hospital, app = aftermath
        record = final_record(hospital.folder, app.clock.now(), kinds=KINDS)

        for patient_id in EVERYBODY:
            kept = person_of(app.documents, patient_id)
            handles = {found.body.key for found in handles_of(app.documents, patient_id)}
            if kept is None:
                number = int(patient_id.removeprefix("patient-"))
                assert patient_id not in record or number >= PATIENTS * 2 // 3, patient_id
                assert handles == set()
            else:
                assert kept.body == app.person_keeping.read(record[patient_id])
                assert handles == Handles(app.contact_keys).of(kept.body)

    def test_a_page_shows_the_same_from_here_as_from_the_record(
        self, aftermath: tuple[Hospital, Application]
    ) -> None:
        _, app = aftermath
        here = {one: timeline(app, one) for one in EVERYBODY[10:20]}
        live = ViewWanted({"Observation": TypeView("live")})

        app.put_view(live, caller=MAKER, now=app.clock.now(), if_match=None)

        assert here == {one: timeline(app, one) for one in EVERYBODY[10:20]}
        assert any(here.values())
