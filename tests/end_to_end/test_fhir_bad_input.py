"""What the embedded FHIR server says to what is not FHIR: why not, without values, and it keeps nothing."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.fhir_bodies import resource_in
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Write
from shared.fhir.refusals import UNDERSTOOD
from shared.fhir.soundness import MOST_LEVELS
from shared.kernel.clock import StoppedClock
from tests.support.fhir_http import FhirHouse, emptied, entry, fhir_house, issue, put, send
from tests.support.fhir_people import a_patient, a_slot, an_hba1c

JSON = {"content-type": "application/fhir+json"}
PATCH = {"content-type": "application/json-patch+json"}
LONG_ID = "x" * 65
PLANTED = "07700-900461"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirHouse]:
    folder: Path = tmp_path_factory.mktemp("fhir")
    record = SqliteRecord(folder / "record.db", clock=StoppedClock(datetime(2026, 3, 29, 0, 59, tzinfo=UTC)))
    with fhir_house(record, folder / "record.db") as house:
        yield house
    record.close()


@pytest.fixture
def house(served: FhirHouse) -> FhirHouse:
    return emptied(served)


def pointing_at(reference: Any, **more: Any) -> dict[str, Any]:
    return {**an_hba1c(), "subject": {"reference": reference}, **more}


def nested(levels: int) -> dict[str, Any]:
    """A form within a form within a form; each is an object in an array."""
    inner: dict[str, Any] = {"linkId": "last"}
    for _ in range(levels // 2 - 1):
        inner = {"linkId": "q", "item": [inner]}
    return {"resourceType": "QuestionnaireResponse", "id": "deep", "status": "completed", "item": [inner]}


class TestABody:
    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (b"<Patient xmlns='http://hl7.org/fhir'/>", "XML, and only JSON is read here"),
            (b"\n  <?xml version='1.0'?><Patient/>", "XML, and only JSON is read here"),
            (b'{"resourceType": "Patient", "id": "maria", "multipleBirthInteger": NaN}', "malformed JSON"),
            (b'{"resourceType": "Patient", "id": "maria", "multipleBirthInteger": 1e999}', "malformed JSON"),
            (b'{"resourceType": "Patient", "id": "maria", "id": "joao"}', "a name twice in one JSON object"),
            (b'{"resourceType": "Patient", "id": "maria", "active": true,}', "malformed JSON"),
            (b'{"resourceType": "Patient", "id": "mari\xe9"}', "malformed JSON"),
            (b"[" * 100_000, "malformed JSON"),
        ],
    )
    def test_that_is_not_json_is_400_and_says_why(self, house: FhirHouse, body: bytes, said: str) -> None:
        response = house.http.put("/Patient/maria", content=body, headers=JSON)

        assert response.status_code == 400
        assert issue(response)["diagnostics"] == said

    def test_that_is_called_xml_is_415(self, house: FhirHouse) -> None:
        response = house.http.put(
            "/Patient/maria", content=orjson.dumps(a_patient()), headers={"content-type": "application/xml"}
        )

        assert (response.status_code, issue(response)["code"]) == (415, "not-supported")

    def test_is_taken_up_to_a_depth_and_refused_beyond(self, house: FhirHouse) -> None:
        within, beyond = put(house, nested(MOST_LEVELS - 1)), put(house, nested(MOST_LEVELS + 2))
        again = put(house, {**nested(MOST_LEVELS - 1), "status": "amended"})

        assert (within.status_code, beyond.status_code, again.status_code) == (201, 400, 200)
        assert issue(beyond)["diagnostics"] == f"nested more than {MOST_LEVELS} times"

    def test_of_another_id_or_type_than_its_address_is_400(self, house: FhirHouse) -> None:
        for resource, path in (
            (a_patient("joao"), "Patient.id"),
            ({**a_patient(), "resourceType": "Person"}, "resourceType"),
            ({**a_patient(), "id": 7}, "Patient.id"),
            ({"resourceType": "Patient"}, "Patient.id"),
        ):
            response = house.http.put("/Patient/maria", json=resource)

            assert (response.status_code, issue(response)["expression"]) == (400, [path])

    def test_of_an_id_that_is_none_is_400_everywhere(self, house: FhirHouse) -> None:
        resource = a_patient(LONG_ID)

        assert put(house, resource).status_code == 400
        assert house.http.delete(f"/Patient/{LONG_ID}").status_code == 400
        for kind in ("transaction", "batch"):
            response = send(house, kind, entry("PUT", f"Patient/{LONG_ID}", resource))
            entries = response.json().get("entry")
            status = int(entries[0]["response"]["status"]) if entries else response.status_code
            assert status == 400
        assert house.http.get(f"/Patient/{LONG_ID}").status_code == 404

    @pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
    def test_of_a_type_that_r4_does_not_have_is_404(self, house: FhirHouse, method: str) -> None:
        path = "/Unicorn" if method == "POST" else "/Unicorn/1"

        response = house.http.request(method, path, json={"resourceType": "Unicorn", "id": "1"})

        assert (response.status_code, issue(response)["code"]) == (404, "not-supported")


class TestAReference:
    @pytest.mark.parametrize(
        "reference",
        [
            *("Patient", "Patient/", "/maria", "Patient/ma ria", f"Patient/{LONG_ID}", "Unicorn/1", "maria"),
            *("ftp:x", "Patient/maria/visits", "patient/maria", "Unicorn?name=x", "#nobody"),
        ],
    )
    def test_that_leads_nowhere_is_400_by_path(self, house: FhirHouse, reference: str) -> None:
        response = put(house, pointing_at(reference))

        assert response.status_code == 400
        assert issue(response)["expression"] == ["Observation.subject.reference"]
        assert reference not in issue(response)["diagnostics"]

    @pytest.mark.parametrize(
        "reference",
        [
            "Patient/maria",
            "Patient/maria/_history/3",
            "https://other.example/fhir/Patient/1",
            "urn:uuid:1-2-3",
        ],
    )
    def test_that_could_lead_somewhere_is_taken(self, house: FhirHouse, reference: str) -> None:
        assert put(house, pointing_at(reference)).status_code == 201

    def test_to_something_contained_is_taken_when_it_is(self, house: FhirHouse) -> None:
        contained = [{"resourceType": "Patient", "id": "who"}]

        assert put(house, pointing_at("#who", contained=contained)).status_code == 201
        assert put(house, pointing_at("#she", contained=contained)).status_code == 400

    def test_in_a_bundle_that_is_stored_may_point_within_it(self, house: FhirHouse) -> None:
        inner = [
            {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "p"}},
            {"fullUrl": "urn:uuid:2", "resource": pointing_at("urn:uuid:1")},
        ]
        bundle = {"resourceType": "Bundle", "id": "kept", "type": "collection", "entry": inner}

        assert put(house, bundle).status_code == 201
        assert send(house, "transaction", entry("PUT", "Bundle/kept", bundle)).status_code == 200

    def test_by_a_condition_is_resolved_when_it_is_written(self, house: FhirHouse) -> None:
        put(house, a_patient())

        met = put(house, pointing_at("Patient?identifier=MRN-maria"))
        missed = put(house, pointing_at("Patient?identifier=MRN-nobody", id="other"))

        assert met.json()["subject"]["reference"] == "Patient/maria"
        assert (missed.status_code, house.http.get("/Observation/other").status_code) == (412, 404)

    def test_to_an_entry_that_is_not_there_undoes_the_transaction(self, house: FhirHouse) -> None:
        response = send(
            house,
            "transaction",
            {**entry("POST", "Patient", a_patient()), "fullUrl": "urn:uuid:11"},
            entry("PUT", "Observation/hba1c", pointing_at("urn:uuid:12")),
        )

        assert response.status_code == 400
        assert issue(response)["expression"] == ["Bundle.entry[1].resource"]
        assert house.http.get("/Patient?_total=accurate").json()["total"] == 0


class TestABundle:
    @pytest.mark.parametrize("kind", ["transaction", "batch"])
    def test_of_more_than_500_entries_is_400(self, house: FhirHouse, kind: str) -> None:
        response = send(house, kind, *(entry("PUT", f"Slot/s{n}", a_slot(f"s{n}")) for n in range(501)))

        assert response.status_code == 400
        assert issue(response)["diagnostics"] == "more than 500 entries"
        assert house.http.get("/Slot?_total=accurate").json()["total"] == 0

    @pytest.mark.parametrize("kind", ["collection", "document", "searchset", "", None, 7])
    def test_of_another_kind_is_400(self, house: FhirHouse, kind: Any) -> None:
        response = house.http.post("/", json={"resourceType": "Bundle", "type": kind, "entry": []})

        assert (response.status_code, issue(response)["expression"]) == (400, ["Bundle.type"])

    @pytest.mark.parametrize("entries", [None, 7, "x", [None], [7], {"a": 1}])
    def test_whose_entries_are_none_is_400(self, house: FhirHouse, entries: Any) -> None:
        response = house.http.post("/", json={"resourceType": "Bundle", "type": "batch", "entry": entries})

        assert (response.status_code, issue(response)["expression"]) == (400, ["Bundle.entry"])

    @pytest.mark.parametrize(
        "said",
        [b"<patch/>", b"{", b'[{"op":"test","op":"add"}]', b"[" * 600 + b"]" * 600],
    )
    def test_whose_patch_is_no_json_is_400(self, house: FhirHouse, said: bytes) -> None:
        put(house, a_slot())
        binary = {"resourceType": "Binary", "data": base64.b64encode(said).decode()}

        assert send(house, "transaction", entry("PATCH", "Slot/nine", binary)).status_code == 400
        assert house.http.patch("/Slot/nine", content=said, headers=PATCH).status_code == 400


class TestAPatch:
    def test_tests_numbers_by_what_they_amount_to(self, house: FhirHouse) -> None:
        put(house, an_hba1c(value=8.0))
        tests = [
            ({"op": "test", "path": "/valueQuantity/value", "value": 8}, 200),
            ({"op": "test", "path": "/valueQuantity", "value": an_hba1c(value=8.0)["valueQuantity"]}, 200),
            ({"op": "test", "path": "/valueQuantity/value", "value": 8.1}, 422),
            ({"op": "test", "path": "/valueQuantity/value", "value": True}, 422),
        ]

        for operation, status in tests:
            response = house.http.patch(
                "/Observation/hba1c", content=orjson.dumps([operation]), headers=PATCH
            )
            assert response.status_code == status

    def test_keeps_the_digits_it_brings(self, house: FhirHouse) -> None:
        put(house, an_hba1c())

        house.http.patch(
            "/Observation/hba1c",
            content=b'[{"op":"replace","path":"/valueQuantity/value","value":8.10}]',
            headers=PATCH,
        )

        assert b'"value":8.10' in house.http.get("/Observation/hba1c").content

    def test_cannot_point_it_nowhere(self, house: FhirHouse) -> None:
        put(house, an_hba1c())
        operation = {"op": "replace", "path": "/subject/reference", "value": "nobody"}

        response = house.http.patch("/Observation/hba1c", content=orjson.dumps([operation]), headers=PATCH)

        assert (response.status_code, issue(response)["expression"]) == (
            400,
            ["Observation.subject.reference"],
        )


SCALARS = st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False) | st.text()
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ELEMENTS = st.sampled_from(
    [*an_hba1c(), "meta", "text", "contained", "extension", "reference", "_status", ""]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(ELEMENTS, ANYTHING, max_size=4))
def test_whatever_is_sent_is_kept_or_refused_and_never_a_bug(served: FhirHouse, sent: dict[str, Any]) -> None:
    body = json.dumps({**an_hba1c(), **sent})

    try:
        resource = resource_in(body.encode())
        served.record.transaction([Write("PUT", "Observation", "hba1c", resource)])
    except UNDERSTOOD:
        return

    kept = json.loads(served.record.stored("Observation", "hba1c").body)
    assert {**kept, "meta": None} == {**json.loads(body), "meta": None}
