"""Do others serve FHIR as our client asks for it? Asked of Medplum's router (fhir.md §4); it has no pages."""

from collections.abc import Generator
from itertools import count
from typing import Any

import pytest

from shared.adapters.fhir_rest import FhirRestRecord
from shared.fhir.ports import SearchParameters, VersionMismatch, Write
from shared.kernel.clock import SystemClock
from shared.kernel.refusals import NotFound
from tests.support import fhir_router
from tests.support.fhir_people import a_patient, a_slot, an_appointment, an_hba1c
from tests.support.judges import judge
from tests.support.rest_record import Waits, a_rest_record

_NUMBERS = count()


@pytest.fixture(scope="module")
def address() -> Generator[str]:
    judge(fhir_router.NAME, available=fhir_router.is_installed())
    with fhir_router.a_fhir_router() as address:
        yield address


@pytest.fixture
def record(address: str) -> Generator[FhirRestRecord]:
    record = a_rest_record(address, SystemClock(), Waits())
    yield record
    record.close()


@pytest.fixture
def own() -> str:
    """Give a name that no other test has used: the server forgets nothing."""
    return f"n{next(_NUMBERS)}"


def put(resource: dict[str, Any]) -> Write:
    return Write("PUT", resource["resourceType"], resource["id"], resource)


class TestAnotherServer:
    def test_keeps_what_is_written_and_gives_it_back(self, record: FhirRestRecord, own: str) -> None:
        patient = a_patient(own, family="O'Connor", given="Zoë")

        (stored,) = record.transaction([put(patient)])

        assert stored is not None
        assert {**record.read("Patient", own), "meta": None} == {**patient, "meta": None}
        assert record.read("Patient", own) == stored

    def test_mints_an_id_and_heeds_a_condition(self, record: FhirRestRecord, own: str) -> None:
        write = Write(
            "POST",
            "Patient",
            None,
            a_patient(own),
            if_none_exist=f"identifier=https://clinic.example/mrn|MRN-{own}",
        )

        (created,) = record.transaction([write])
        (met,) = record.transaction([write])

        assert created is not None
        assert met is not None
        assert met["id"] == created["id"] != own

    def test_says_what_is_not_there(self, record: FhirRestRecord, own: str) -> None:
        with pytest.raises(NotFound):
            record.read("Patient", own)

    def test_reads_several_at_once(self, record: FhirRestRecord, own: str) -> None:
        record.transaction([put(a_patient(own)), put(an_hba1c(own, of=own))])

        several = record.read_many([("Patient", own), ("Observation", own), ("Slot", own)])

        assert set(several.resources) == {("Patient", own), ("Observation", own)}

    def test_finds_by_patient_and_code_and_counts(self, record: FhirRestRecord, own: str) -> None:
        record.transaction([put(a_patient(own)), put(an_hba1c(f"{own}a", of=own))])
        record.transaction([put(an_hba1c(f"{own}b", of=own, code="39156-5"))])
        asked = [("subject", f"Patient/{own}"), ("code", "http://loinc.org|4548-4"), ("_total", "accurate")]

        page = record.search("Observation", SearchParameters(asked))

        assert [match["id"] for match in page.matches] == [f"{own}a"]
        assert page.total == 1

    def test_tells_a_history_newest_first(self, record: FhirRestRecord, own: str) -> None:
        for value in (8.2, 8.3, 8.4):
            record.transaction([put(an_hba1c(own, value=value))])

        past = list(record.history("Observation", own))

        assert [version["valueQuantity"]["value"] for version in past] == [8.4, 8.3, 8.2]

    def test_includes_beside_the_matches(self, record: FhirRestRecord, own: str) -> None:
        record.transaction([put(a_patient(own))])
        record.transaction([put(an_appointment(own, of=own))])
        asked = [("_id", own), ("_include", "Appointment:patient")]

        page = record.search("Appointment", SearchParameters(asked))

        assert [match["id"] for match in page.matches] == [own]
        assert {beside["id"] for beside in page.included} <= {own}

    def test_refuses_a_version_that_is_not_current(self, record: FhirRestRecord, own: str) -> None:
        record.transaction([put(a_slot(own))])

        with pytest.raises(VersionMismatch):
            record.transaction([Write("PUT", "Slot", own, a_slot(own, status="busy"), if_match=7)])

        assert record.read("Slot", own)["status"] == "free"

    def test_is_followed_by_what_it_changes(self, record: FhirRestRecord, own: str) -> None:
        mark = record.changes(None, types=("Practitioner",)).mark
        record.transaction([put({"resourceType": "Practitioner", "id": own})])

        changes = record.changes(mark, types=("Practitioner",))

        assert [one["id"] for one in changes.resources] == [own]
        assert record.changes(changes.mark, types=("Practitioner",)).resources == ()
