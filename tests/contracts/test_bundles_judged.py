"""Does another server end where we say that a bundle ends? Asked of Medplum's router (fhir.md §4)."""

import json
from collections.abc import Generator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from shared.access.model import Caller, Role
from shared.adapters.fhir_reading import R4Reading
from shared.adapters.fhir_rest import FhirRestRecord
from shared.exchange.write_bundle import WriteBundle
from shared.exchange.write_entries import EntriesChangedMeanwhile, EntryResult, WriteEntries
from shared.fhir.ports import SearchParameters
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.clock import SystemClock
from shared.kernel.identity import RandomIds
from tests.support import fhir_router
from tests.support.fhir_people import a_patient, an_hba1c
from tests.support.house import House, a_house
from tests.support.judges import judge
from tests.support.rest_record import Waits, a_rest_record

ENGINE = Caller("engine", "https://login.example", frozenset({Role.FHIR_SYNC_ADMINISTRATOR}))
MRN = "https://clinic.example/mrn"
_NUMBERS = count()


class Nobody(Publisher):
    """Tells nobody."""

    def publish(self, announcements: Sequence[Announcement]) -> None:
        """Keep it to itself."""


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
def keeping(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path) as house:
        yield house


@pytest.fixture
def own() -> str:
    """Give a name that no other test has used: the server forgets nothing."""
    return f"b{next(_NUMBERS)}"


def where(own: str) -> str:
    return f"identifier={MRN}|MRN-{own}"


def unless_there(own: str) -> dict[str, Any]:
    patient = {name: held for name, held in a_patient(own).items() if name != "id"}
    return {"resource": patient, "request": {"method": "POST", "url": "Patient", "ifNoneExist": where(own)}}


def hba1c_of(own: str) -> dict[str, Any]:
    resource = {**an_hba1c(own, of="x"), "subject": {"reference": f"Patient?{where(own)}"}}
    return {"resource": resource, "request": {"method": "PUT", "url": f"Observation/{own}"}}


def send(
    keeping: House, record: FhirRestRecord, *entries: dict[str, Any], kind: str = "transaction"
) -> tuple[EntryResult, ...]:
    writes = WriteEntries(keeping.documents, record, R4Reading(), Nobody(), RandomIds())
    body = json.dumps({"resourceType": "Bundle", "type": kind, "entry": list(entries)}).encode()
    return WriteBundle(writes)(body=body, caller=ENGINE, now=keeping.clock.now()).results


class TestAnotherServer:
    def test_keeps_one_of_what_comes_twice(self, keeping: House, record: FhirRestRecord, own: str) -> None:
        entries = unless_there(own), hba1c_of(own)

        first, again = send(keeping, record, *entries), send(keeping, record, *entries)

        assert [one.outcome for one in first] == ["created", "created"]
        assert [one.outcome for one in again] == ["unchanged", "unchanged"]
        found = record.search("Patient", SearchParameters([("identifier", f"{MRN}|MRN-{own}")])).matches
        assert [one["id"] for one in found] == [first[0].id]
        assert record.read("Observation", own)["subject"]["reference"] == f"Patient/{first[0].id}"

    def test_is_written_nothing_where_a_reference_leads_nowhere(
        self, keeping: House, record: FhirRestRecord, own: str
    ) -> None:
        with pytest.raises(EntriesChangedMeanwhile):
            send(keeping, record, hba1c_of(own))

        (refused,) = send(keeping, record, hba1c_of(own), kind="batch")
        assert refused.outcome == "refused"
        assert record.read_many([("Observation", own)]).resources == {}
