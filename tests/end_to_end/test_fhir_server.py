"""The embedded FHIR server as its clients meet it, over real sockets (fhir.md §2.4)."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from local.fhir_faults import Fault
from shared.adapters.fhir_search_parameters import parameters_of
from shared.adapters.fhir_validation import require_valid
from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.clock import StoppedClock
from tests.support.fhir_http import FhirHouse, emptied, entry, fhir_house, issue, put, send
from tests.support.fhir_people import a_patient, a_slot, an_appointment, an_hba1c

PLANTED = "07700-900461"
PATCH = {"content-type": "application/json-patch+json"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirHouse]:
    folder: Path = tmp_path_factory.mktemp("fhir")
    clock = StoppedClock(datetime(2026, 3, 3, 12, tzinfo=UTC))
    record = SqliteRecord(folder / "record.db", clock=clock)
    with fhir_house(record, folder / "record.db") as house:
        yield house
    record.close()


@pytest.fixture
def house(served: FhirHouse) -> FhirHouse:
    return emptied(served)


class TestAWrite:
    def test_of_something_new_is_201_with_its_place_and_version(self, house: FhirHouse) -> None:
        response = put(house, a_patient())

        assert response.status_code == 201
        assert response.headers["etag"] == 'W/"1"'
        assert response.headers["last-modified"] == "Tue, 03 Mar 2026 12:00:00 GMT"
        assert (
            response.headers["location"] == f"{str(house.http.base_url).rstrip('/')}/Patient/maria/_history/1"
        )
        assert response.headers["content-type"] == "application/fhir+json; charset=utf-8"

    def test_over_something_is_200_with_the_next_version(self, house: FhirHouse) -> None:
        put(house, a_slot())

        response = put(house, a_slot(status="busy"))

        assert (response.status_code, response.headers["etag"]) == (200, 'W/"2"')

    def test_of_the_same_again_makes_no_version_even_where_the_client_sends_meta(
        self, house: FhirHouse
    ) -> None:
        stored = put(house, a_slot()).json()

        response = put(house, stored)

        assert (response.status_code, response.headers["etag"]) == (200, 'W/"1"')

    def test_by_post_gets_an_id_of_the_servers(self, house: FhirHouse) -> None:
        response = house.http.post("/Patient", json=a_patient("mine"))

        assert response.status_code == 201
        assert response.json()["id"] != "mine"

    @pytest.mark.parametrize(
        ("etag", "status"),
        [('W/"2"', 200), ('W/"1"', 412), ('W/"3"', 412), ('"2"', 400), ("2", 400), ("*", 400)],
    )
    def test_with_if_match_goes_by_the_weak_version(self, house: FhirHouse, etag: str, status: int) -> None:
        put(house, a_slot())
        put(house, a_slot(status="busy"))

        response = put(house, a_slot(status="busy-tentative"), **{"if-match": etag})

        assert response.status_code == status

    def test_with_if_match_is_checked_before_the_shortcut_for_no_change(self, house: FhirHouse) -> None:
        put(house, a_slot(status="busy"))
        put(house, a_slot())

        assert put(house, a_slot(), **{"if-match": 'W/"1"'}).status_code == 412

    def test_with_if_match_of_nothing_is_404(self, house: FhirHouse) -> None:
        assert put(house, a_slot(), **{"if-match": 'W/"1"'}).status_code == 404

    @pytest.mark.parametrize(("there", "status"), [([], 201), (["a"], 200), (["a", "b"], 412)])
    def test_with_if_none_exist_goes_by_how_many_do(
        self, house: FhirHouse, there: list[str], status: int
    ) -> None:
        for id_ in there:
            put(house, a_patient(id_))

        response = house.http.post("/Patient", json=a_patient(), headers={"if-none-exist": "family=Lind"})

        assert response.status_code == status

    @pytest.mark.parametrize(("there", "status"), [([], 201), (["a"], 200), (["a", "b"], 412)])
    def test_by_condition_goes_by_how_many_meet_it(
        self, house: FhirHouse, there: list[str], status: int
    ) -> None:
        for id_ in there:
            put(house, a_patient(id_))
        anyone = {name: value for name, value in a_patient(given="Eva").items() if name != "id"}

        response = house.http.put("/Patient", params={"family": "Lindström"}, json=anyone)

        assert response.status_code == status

    def test_with_little_preferred_has_no_body(self, house: FhirHouse) -> None:
        response = put(house, a_patient(), prefer="return=minimal")

        assert (response.status_code, response.content) == (201, b"")

    def test_keeps_the_digits_of_decimals(self, house: FhirHouse) -> None:
        text = orjson.dumps(an_hba1c(value=8.2)).replace(b"8.2", b"8.20")
        house.http.put("/Observation/hba1c", content=text, headers={"content-type": "application/fhir+json"})

        assert b'"value":8.20' in house.http.get("/Observation/hba1c").content


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("resource", "expression"),
        [
            ({**a_patient(), "birthDate": PLANTED}, "Patient.birthDate"),
            ({**a_patient(), "gender": [PLANTED]}, "Patient.gender"),
            ({**a_patient(), "name": PLANTED}, "Patient.name"),
            ({**a_patient(), "contact": [{"name": {"family": [PLANTED]}}]}, "Patient.contact[0].name.family"),
            ({**a_patient(), PLANTED: "x"}, "Patient.?"),
            ({**a_patient(), "contained": [{"resourceType": PLANTED}]}, "Patient"),
            ({**a_patient(), "id": "other"}, "Patient.id"),
            ({**a_patient(), "resourceType": "Person"}, "resourceType"),
        ],
    )
    def test_in_a_resource_is_named_by_path_and_never_quoted(
        self, house: FhirHouse, resource: dict[str, Any], expression: str
    ) -> None:
        response = house.http.put("/Patient/maria", json=resource)

        assert response.status_code == 400
        assert expression in issue(response)["expression"]
        assert PLANTED not in response.text

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"a": NaN}', b"\xff\xfe", b"[" * 5000])
    def test_in_json_is_400(self, house: FhirHouse, body: bytes) -> None:
        response = house.http.put(
            "/Patient/maria", content=body, headers={"content-type": "application/fhir+json"}
        )

        assert response.status_code == 400
        assert issue(response)["code"] == "invalid"

    def test_in_the_content_type_is_415(self, house: FhirHouse) -> None:
        response = house.http.put(
            "/Patient/maria", content=b"<Patient/>", headers={"content-type": "application/fhir+xml"}
        )

        assert response.status_code == 415
        assert issue(response)["code"] == "not-supported"

    def test_in_the_wish_for_xml_is_406(self, house: FhirHouse) -> None:
        assert house.http.get("/Patient", params={"_format": "xml"}).status_code == 406

    def test_in_size_is_413(self, house: FhirHouse) -> None:
        response = house.http.post(
            "/", content=b" " * (16 * 1024 * 1024 + 1), headers={"content-type": "application/json"}
        )

        assert response.status_code == 413
        assert issue(response)["code"] == "too-long"

    def test_in_size_is_413_even_where_the_length_is_not_declared(self, house: FhirHouse) -> None:
        def without_end() -> Iterator[bytes]:
            for _ in range(17):
                yield b" " * 1024 * 1024

        response = house.http.post("/", content=without_end(), headers={"content-type": "application/json"})

        assert response.status_code == 413

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/Patient/nobody", 404),
            ("GET", "/Unicorn", 404),
            ("GET", "/Unicorn/1", 404),
            ("GET", "/Patient/maria/unheard/of/path", 404),
            ("GET", "/Patient/nobody/_history", 404),
            ("GET", "/Patient/nobody/_history/1", 404),
            ("POST", "/Patient/maria", 405),
            ("PATCH", "/Patient", 405),
            ("PUT", "/Patient/" + "x" * 65, 400),
        ],
    )
    def test_in_the_address_has_its_status(
        self, house: FhirHouse, method: str, path: str, status: int
    ) -> None:
        body = {**a_patient(), "id": path.rpartition("/")[2]} if method == "PUT" else None

        response = house.http.request(method, path, json=body)

        assert response.status_code == status
        assert issue(response)["severity"] == "error"


class TestReading:
    def test_of_a_deleted_one_is_410_with_the_version_of_the_deletion(self, house: FhirHouse) -> None:
        put(house, a_patient())

        deleted = house.http.delete("/Patient/maria")
        response = house.http.get("/Patient/maria")

        assert (deleted.status_code, deleted.headers["etag"]) == (204, 'W/"2"')
        assert (response.status_code, response.headers["etag"]) == (410, 'W/"2"')
        assert issue(response)["code"] == "deleted"

    def test_of_one_version_gives_what_then_was(self, house: FhirHouse) -> None:
        put(house, a_slot())
        put(house, a_slot(status="busy"))
        house.http.delete("/Slot/nine")

        assert house.http.get("/Slot/nine/_history/1").json()["status"] == "free"
        assert house.http.get("/Slot/nine/_history/2").json()["status"] == "busy"
        assert house.http.get("/Slot/nine/_history/3").status_code == 410
        assert house.http.get("/Slot/nine/_history/4").status_code == 404

    def test_of_what_the_client_has_is_304(self, house: FhirHouse) -> None:
        put(house, a_patient())

        response = house.http.get("/Patient/maria", headers={"if-none-match": 'W/"1"'})

        assert (response.status_code, response.content) == (304, b"")


class TestHistory:
    def test_tells_deletions_too_newest_first(self, house: FhirHouse) -> None:
        put(house, a_slot())
        house.http.delete("/Slot/nine")
        put(house, a_slot())

        bundle = house.http.get("/Slot/nine/_history").json()

        assert bundle["type"] == "history"
        assert [(e["request"]["method"], e["response"]["etag"]) for e in bundle["entry"]] == [
            ("PUT", 'W/"3"'),
            ("DELETE", 'W/"2"'),
            ("PUT", 'W/"1"'),
        ]

    def test_of_a_type_is_paged(self, house: FhirHouse) -> None:
        for number in range(5):
            put(house, a_slot(f"slot-{number}"))
        put(house, a_patient())
        seen, url = list[str](), "/Slot/_history?_count=2"

        while url:
            bundle = house.http.get(url).json()
            seen += [e["resource"]["id"] for e in bundle["entry"]]
            url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")

        assert sorted(seen) == [f"slot-{number}" for number in range(5)]


class TestAPatch:
    def test_changes_what_it_says(self, house: FhirHouse) -> None:
        put(house, a_slot())
        operations = [
            {"op": "test", "path": "/status", "value": "free"},
            {"op": "replace", "path": "/status", "value": "busy"},
        ]

        response = house.http.patch("/Slot/nine", content=orjson.dumps(operations), headers=PATCH)
        again = house.http.patch("/Slot/nine", content=orjson.dumps(operations), headers=PATCH)

        assert (response.status_code, response.json()["status"]) == (200, "busy")
        assert again.status_code == 422
        assert house.http.get("/Slot/nine").headers["etag"] == 'W/"2"'

    def test_cannot_make_it_invalid_or_another(self, house: FhirHouse) -> None:
        put(house, a_slot())

        for path, value in (("/status", 5), ("/id", "ten"), ("/resourceType", "Patient")):
            operations = [{"op": "replace", "path": path, "value": value}]
            assert (
                house.http.patch("/Slot/nine", content=orjson.dumps(operations), headers=PATCH).status_code
                == 400
            )


class TestASearch:
    def test_gives_a_searchset_with_links_that_lead_through_all(self, house: FhirHouse) -> None:
        house.record.load([an_hba1c(f"o-{n}") for n in range(23)])
        seen, url = list[str](), "/Observation?patient=maria&code=4548-4&_total=accurate&unheard-of=1"

        while url:
            bundle = house.http.get(url).json()
            assert (bundle["type"], bundle["total"]) == ("searchset", 23)
            assert all(e["search"]["mode"] == "match" for e in bundle["entry"])
            assert "unheard-of" not in bundle["link"][0]["url"]
            seen += [e["resource"]["id"] for e in bundle["entry"]]
            url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")

        assert sorted(seen) == sorted(f"o-{n}" for n in range(23))

    def test_may_be_posted(self, house: FhirHouse) -> None:
        house.record.load([an_hba1c("a"), an_hba1c("b", of="joao")])

        bundle = house.http.post("/Observation/_search", data={"patient": "joao"}).json()

        assert [e["resource"]["id"] for e in bundle["entry"]] == ["b"]

    def test_with_an_unknown_parameter_is_refused_only_when_strict(self, house: FhirHouse) -> None:
        assert house.http.get("/Patient?unheard-of=1").status_code == 200

        response = house.http.get("/Patient?unheard-of=1", headers={"prefer": "handling=strict"})

        assert (response.status_code, issue(response)["code"]) == (400, "not-supported")

    def test_for_a_count_has_no_entries(self, house: FhirHouse) -> None:
        house.record.load([an_hba1c("a"), an_hba1c("b")])

        bundle = house.http.get("/Observation?_summary=count").json()

        assert (bundle["total"], "entry" in bundle) == (2, False)

    def test_for_too_many_says_so(self, house: FhirHouse) -> None:
        bundle = house.http.get("/Observation?_count=1001").json()

        assert [e["search"]["mode"] for e in bundle["entry"]] == ["outcome"]

    def test_marks_what_is_included(self, house: FhirHouse) -> None:
        house.record.load([a_patient(), an_hba1c()])

        bundle = house.http.get("/Observation?_include=Observation:patient").json()

        assert [(e["resource"]["id"], e["search"]["mode"]) for e in bundle["entry"]] == [
            ("hba1c", "match"),
            ("maria", "include"),
        ]


class TestATransaction:
    def test_books_a_slot(self, house: FhirHouse) -> None:
        put(house, a_slot())

        response = send(
            house,
            "transaction",
            entry("PUT", "Appointment/visit", an_appointment()),
            entry("PUT", "Slot/nine", a_slot(status="busy"), ifMatch='W/"1"'),
        )

        assert response.status_code == 200
        assert response.json()["type"] == "transaction-response"
        assert [e["response"]["status"] for e in response.json()["entry"]] == ["201", "200"]
        assert [e["response"]["etag"] for e in response.json()["entry"]] == ['W/"1"', 'W/"2"']

    def test_that_fails_is_one_outcome_with_the_entrys_status_and_leaves_nothing(
        self, house: FhirHouse
    ) -> None:
        put(house, a_slot())

        response = send(
            house,
            "transaction",
            entry("PUT", "Appointment/visit", an_appointment()),
            entry("PUT", "Slot/nine", a_slot(status="busy"), ifMatch='W/"7"'),
        )

        assert response.status_code == 412
        assert issue(response)["code"] == "conflict"
        assert house.http.get("/Appointment/visit").status_code == 404
        assert len(house.record.events(0, 100)) == 1

    @pytest.mark.parametrize(
        "entries",
        [
            [entry("PUT", "Slot/nine", a_slot()), entry("DELETE", "Slot/nine")],
            [entry("DELETE", "Slot?status=free")],
            [entry("POST", "Slot/_search")],
            [entry("POST", "Bundle", {"resourceType": "Bundle", "type": "collection"})],
            [entry("PUT", "Slot/nine", a_slot(), ifMatch='"1"')],
            [entry("PUT", "Slot/nine", a_slot("ten"))],
            [entry("DANCE", "Slot/nine")],
            [{"resource": a_slot()}],
            [entry("GET", f"Slot/{n}") for n in range(501)],
        ],
    )
    def test_that_cannot_be_is_400(self, house: FhirHouse, entries: list[dict[str, Any]]) -> None:
        response = send(house, "transaction", *entries)

        assert response.status_code == 400
        assert issue(response)["severity"] == "error"

    def test_may_patch_with_a_test(self, house: FhirHouse) -> None:
        put(house, a_slot())
        operations = [
            {"op": "test", "path": "/status", "value": "free"},
            {"op": "replace", "path": "/status", "value": "busy"},
        ]
        binary = {
            "resourceType": "Binary",
            "contentType": "application/json-patch+json",
            "data": base64.b64encode(orjson.dumps(operations)).decode(),
        }

        first = send(house, "transaction", entry("PATCH", "Slot/nine", binary))
        second = send(house, "transaction", entry("PATCH", "Slot/nine", binary))

        assert (first.status_code, second.status_code) == (200, 422)


class TestABatch:
    def test_does_each_entry_for_itself(self, house: FhirHouse) -> None:
        response = send(
            house,
            "batch",
            entry("PUT", "Slot/nine", a_slot()),
            entry("PUT", "Slot/ten", a_slot("ten"), ifMatch='W/"4"'),
            entry("GET", "Slot?status=free"),
            entry("GET", "Unicorn/1"),
            entry("PUT", "Patient/maria", {**a_patient(), "name": PLANTED}),
            entry("DELETE", "Slot/nine"),
        )

        assert response.status_code == 200
        assert [e["response"]["status"] for e in response.json()["entry"]] == [
            "201",
            "404",
            "200",
            "404",
            "400",
            "204",
        ]
        assert response.json()["entry"][2]["resource"]["entry"][0]["resource"]["id"] == "nine"
        assert PLANTED not in response.text


class TestAFault:
    def test_is_had_once_when_asked_for(self, house: FhirHouse) -> None:
        house.faults.expect(Fault(429, retry_after=timedelta(milliseconds=1500)))

        refused, served = house.http.get("/Patient"), house.http.get("/Patient")

        assert (refused.status_code, issue(refused)["code"]) == (429, "throttled")
        assert refused.headers["retry-after"] == "2"
        assert refused.headers["x-ms-retry-after-ms"] == "1500"
        assert served.status_code == 200

    def test_may_lose_only_the_answer(self, house: FhirHouse) -> None:
        house.faults.expect(Fault(504, after_the_act=True))

        lost = put(house, a_slot())

        assert lost.status_code == 504
        assert house.http.get("/Slot/nine").status_code == 200


class TestTheCapabilityStatement:
    def test_is_valid_and_names_what_can_be_searched(self, house: FhirHouse) -> None:
        statement = house.http.get("/metadata").json()

        require_valid("CapabilityStatement", None, statement)
        resources = {r["type"]: r for r in statement["rest"][0]["resource"]}
        assert statement["fhirVersion"] == "4.0.1"
        assert {p["name"] for p in resources["Slot"]["searchParam"]} == {
            "_id",
            "_lastUpdated",
            *parameters_of("Slot"),
        }

    def test_tells_of_no_parameter_that_strict_handling_refuses(self, house: FhirHouse) -> None:
        values = {"date": "2026", "quantity": "1", "reference": "Patient/maria"}
        statement = house.http.get("/metadata").json()

        for resource in statement["rest"][0]["resource"]:
            asked = {p["name"]: values.get(p["type"], "x") for p in resource["searchParam"]}
            response = house.http.get(
                f"/{resource['type']}", params=asked, headers={"prefer": "handling=strict"}
            )
            assert response.status_code == 200, resource["type"]
