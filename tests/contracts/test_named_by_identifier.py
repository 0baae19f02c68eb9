"""What names its patient by an identifier alone, on a server that cannot be searched for it (FH-1)."""

import json
from typing import Any

from shared.fhir.ports import Resource
from shared.kernel.clock import SystemClock
from shared.kernel.identity import PatientId
from shared.patients.named_by_identifier import NamedByIdentifier
from shared.patients.their_resources import TheirResources
from tests.support.fhir_people import a_patient, an_hba1c
from tests.support.rest_record import Waits, a_rest_record
from tests.support.scripted_server import a_server_of_parts, http_answer

MRN = "https://clinic.example/mrn"


def by_number(id_: str, of: str) -> Resource:
    return {**an_hba1c(id_), "subject": {"identifier": {"system": MRN, "value": f"MRN-{of}"}}}


def fhir(status: str, body: Resource) -> bytes:
    return http_answer(status, json.dumps(body).encode(), b"content-type: application/fhir+json")


def found(*resources: Resource) -> bytes:
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return fhir("200 OK", {"resourceType": "Bundle", "type": "searchset", "entry": entries})


def read(*resources: Resource) -> bytes:
    entries = [{"resource": one, "response": {"status": "200"}} for one in resources]
    return fhir("200 OK", {"resourceType": "Bundle", "type": "batch-response", "entry": entries})


def seen(id_: str, of: str, minute: int) -> Resource:
    meta = {"versionId": "1", "lastUpdated": f"2026-11-02T08:{minute:02}:00Z"}
    return {**by_number(id_, of), "meta": meta}


def names(some: Any) -> list[str]:
    return sorted(str(one["id"]) for one in some)


NO_SUCH_MODIFIER = fhir(
    "400 Bad Request",
    {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-supported"}]},
)
MARIA, JOHN = fhir("200 OK", a_patient("maria")), fhir("200 OK", a_patient("john"))


class TestAServerThatKnowsNoIdentifier:
    def test_is_gone_through_once_and_then_asked_what_has_changed(self) -> None:
        hers, his = seen("april", "maria", 1), seen("may", "john", 5)
        later = seen("june", "maria", 9)
        parts = (
            *(found(), MARIA, NO_SUCH_MODIFIER, found(hers, his), read(hers), found(a_patient("maria"))),
            *(found(), JOHN, NO_SUCH_MODIFIER, found(later), read(his), found(a_patient("john"))),
        )
        with a_server_of_parts(*parts) as server:
            record = a_rest_record(server.base_url, SystemClock(), Waits())
            by_identifier = NamedByIdentifier(record)

            maria = TheirResources(record, PatientId("maria"), by_identifier).of("CarePlan")
            assert names(maria) == ["april"]
            john = TheirResources(record, PatientId("john"), by_identifier).of("CarePlan")
            assert names(john) == ["may"]
            record.close()

        assert b"subject%3Amissing=true" in server.heard[3]
        assert b"_lastUpdated" not in server.heard[3]
        assert b"_lastUpdated=ge2026-11-02T08%3A03%3A00.000%2B00%3A00" in server.heard[9]
