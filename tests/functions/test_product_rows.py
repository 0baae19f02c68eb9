"""Rows through the door: the columns that somebody has mapped, to the record and back (FH-5, FH-7)."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.definitions import ENTITY_MAPS
from tests.support.bundles import BOTH, DATA, REASON, SYNC, outcomes
from tests.support.fhir_people import a_patient, an_hba1c
from tests.support.product import Answer, Product
from tests.support.product_story import audited

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
HBA1C = {
    "name": "hba1c",
    "text": "HbA1c, långtidsblodsocker",
    "system": LOINC,
    "code": "4548-4",
    "type": "laboratory",
}
PULSE = {"name": "pulse", "text": "Heart rate", "system": LOINC, "code": "8867-4", "type": "vital sign"}
OBSERVATIONS: list[dict[str, Any]] = [
    {"column": "status", "path": "status", "type": "text"},
    {"column": "test", "path": "code", "type": "concept_name"},
    {"column": "test_type", "path": "code", "type": "concept_type", "is_written": False},
    {"column": "patient", "path": "subject.reference", "type": "text"},
    {"column": "taken_at", "path": "effectiveDateTime", "type": "date_time"},
    {"column": "value", "path": "valueQuantity.value", "type": "decimal"},
    {"column": "unit", "path": "valueQuantity.unit", "type": "text"},
]
PATIENTS: list[dict[str, Any]] = [
    {"column": "family", "path": "name[0].family", "type": "text"},
    {"column": "born_on", "path": "birthDate", "type": "date"},
    {"column": "mobile", "path": "telecom.where(system='phone' and use='mobile').value", "type": "text"},
]
TAKEN = {
    "status": "final",
    "test": "hba1c",
    "patient": "Patient/maria",
    "taken_at": "2026-11-02T08:15:00Z",
    "value": 7.5,
    "unit": "%",
}


def set_columns(product: Product, type_: str, attributes: list[dict[str, Any]], **headers: str) -> Answer:
    path = f"/api/entity-maps/{type_}/attributes"
    body = {"attributes": attributes}
    return product.ask("PUT", path, body=body, token=product.staff(SYNC), **headers)


def row(id_: str, version: int | None = None, /, **columns: Any) -> dict[str, Any]:
    return {"id": id_, "columns": columns} | ({} if version is None else {"version": version})


def send(product: Product, type_: str, *rows: dict[str, Any], kind: str = "transaction") -> Answer:
    body = {"rows": list(rows), "type": kind}
    return product.ask("POST", f"/api/fhir/rows/{type_}", body=body, token=product.staff(DATA))


def shown(product: Product, type_: str, asked: str = "") -> Answer:
    token = product.staff("healthcare_user")
    path = f"/api/fhir/rows/{type_}?patient=maria{asked}"
    return product.ask("GET", path, token=token, **REASON)


@pytest.fixture(autouse=True)
def maria(product: Product) -> None:
    product.write(a_patient("maria"))
    product.run()
    etag = set_columns(product, "Observation", OBSERVATIONS).headers["etag"]
    concepts = {"concepts": [HBA1C, PULSE]}
    path = "/api/entity-maps/Observation/concepts"
    assert product.ask("PUT", path, body=concepts, token=product.staff(SYNC), If_Match=etag).status == 200


@BOTH
class TestRows:
    def test_become_resources_and_come_back_as_they_were(self, product: Product) -> None:
        assert outcomes(send(product, "Observation", row("o-1", **TAKEN))) == ["created"]

        kept = product.app.record.read("Observation", "o-1")
        assert kept["code"]["coding"] == [{"system": LOINC, "code": "4548-4", "display": HBA1C["text"]}]
        assert kept["valueQuantity"] == {"value": 7.5, "unit": "%"}
        answer = shown(product, "Observation")
        (found,) = answer.json["rows"]
        assert found["columns"] == TAKEN | {"test_type": "laboratory"}
        assert outcomes(send(product, "Observation", row("o-1", **found["columns"]))) == ["unchanged"]
        assert found["version"] == 1

    def test_of_what_is_shared_take_nothing_from_others_when_they_come_back(self, product: Product) -> None:
        """John pays her insurance, which she is not told; what comes back says nothing of it."""
        johns = [{"reference": "Patient/john", "display": "JOHN"}]
        plan = {
            "resourceType": "Coverage",
            "id": "plan",
            "status": "active",
            "type": {"text": "Private"},
            "beneficiary": {"reference": "Patient/maria"},
            "payor": johns,
        }
        product.write(a_patient("john"), plan)
        columns = [
            {"column": "status", "path": "status", "type": "text"},
            {"column": "group", "path": "dependent", "type": "text"},
            {"column": "paid_by", "path": "payor[0].display", "type": "text"},
        ]
        assert set_columns(product, "Coverage", columns).status == 200

        answer = shown(product, "Coverage")
        (found,) = answer.json["rows"]
        back = send(product, "Coverage", row("plan", found["version"], **found["columns"]))

        assert found["columns"] == {"status": "active", "group": None}
        assert b"JOHN" not in answer.body
        assert outcomes(back) == ["unchanged"]
        assert product.app.record.read("Coverage", "plan")["payor"] == johns

    def test_change_what_they_name_and_nothing_else(self, product: Product) -> None:
        product.write({**an_hba1c("o-2", of="maria"), "note": [{"text": "Fasting"}]})

        assert outcomes(send(product, "Observation", row("o-2", status="amended"))) == ["updated"]

        kept = product.app.record.read("Observation", "o-2")
        assert (kept["status"], kept["note"]) == ("amended", [{"text": "Fasting"}])

    def test_keep_a_number_as_it_was_spelt(self, product: Product) -> None:
        send(product, "Observation", row("o-3", **(TAKEN | {"value": "7.50"})))

        assert b"7.50" in product.app.embedded_record.stored("Observation", "o-3").body
        assert outcomes(send(product, "Observation", row("o-3", value=7.5))) == ["unchanged"]

    def test_are_written_over_the_version_that_was_seen(self, product: Product) -> None:
        send(product, "Observation", row("o-4", **TAKEN))

        stale = send(product, "Observation", row("o-4", 7, value=8.1))
        each = send(product, "Observation", row("o-4", 7, value=8.1), row("o-5", **TAKEN), kind="batch")
        seen = send(product, "Observation", row("o-4", 1, value=8.1))

        assert (stale.status, stale.fields) == (412, {"entry[0]"})
        assert (outcomes(each), outcomes(seen)) == (["refused", "created"], ["updated"])

    def test_pass_as_far_as_the_map_says(self, product: Product) -> None:
        etag = product.ask("GET", "/api/entity-maps/Observation", token=product.staff(SYNC)).headers["etag"]
        body = {"is_enabled": True, "messages": ["read", "update"]}
        path = "/api/entity-maps/Observation"
        product.ask("PUT", path, body=body, token=product.staff(SYNC), If_Match=etag)

        answer = send(product, "Observation", row("o-6", **TAKEN))

        assert (answer.status, answer.json["type"]) == (422, "/problems/entries-refused")
        assert product.app.record.read_many([("Observation", "o-6")]).resources == {}

    def test_are_remembered_of_whom_they_are_about(self, product: Product) -> None:
        send(product, "Observation", row("o-7", **TAKEN))
        shown(product, "Observation")
        product.run()

        told = [(one["what"], one["why"]) for one in audited(product, patient_id="maria")]
        assert ("write_rows", None) in told
        assert ("read_rows", "break glass: Sync check") in told

    @pytest.mark.parametrize(
        "said", ["Patient?family=Rossi", "urn:uuid:8d0b8a9e-6a5e-4b1c-8f3a-4b0b7a0e5c22"]
    )
    def test_name_whom_they_are_about_and_search_for_nobody(self, product: Product, said: str) -> None:
        """Whom a server would find is in no audit, and may be anybody."""
        answer = send(product, "Observation", row("o-8", **(TAKEN | {"patient": said})))

        assert (answer.status, answer.fields) == (400, {"rows.0.columns.patient"})
        assert product.app.record.read_many([("Observation", "o-8")]).resources == {}

    def test_change_whom_they_are_about_as_the_record_does(self, product: Product) -> None:
        set_columns(product, "Patient", PATIENTS)

        answer = send(product, "Patient", row("maria", family="O'Connor", mobile="+44 7700 900123"))

        assert outcomes(answer) == ["updated"]
        kept = product.app.record.read("Patient", "maria")
        assert kept["name"][0]["family"] == "O'Connor"
        assert {"system": "phone", "use": "mobile", "value": "+44 7700 900123"} in kept["telecom"]
        assert outcomes(send(product, "Patient", row("maria", mobile=None))) == ["updated"]
        assert "900123" not in str(product.app.record.read("Patient", "maria"))

    def test_come_page_by_page(self, product: Product) -> None:
        send(product, "Observation", *(row(f"o-{n}", **TAKEN) for n in (3, 1, 2)))

        first = shown(product, "Observation", "&limit=2").json
        rest = shown(product, "Observation", f"&limit=2&after={first['next']}").json

        assert [one["id"] for one in (*first["rows"], *rest["rows"])] == ["o-1", "o-2", "o-3"]
        assert rest["next"] is None

    def test_tell_of_a_code_that_nobody_has_named(self, product: Product) -> None:
        weight = {"coding": [{"system": LOINC, "code": "29463-7", "display": "Body weight"}]}
        product.write({**an_hba1c("w", of="maria"), "code": weight})

        (found,) = shown(product, "Observation").json["rows"]

        assert (found["columns"]["test"], found["unnamed"]) == (None, ["test", "test_type"])


class TestNonsense:
    @pytest.mark.parametrize(
        ("columns", "path"),
        [
            ({"test": "Schizophrenia"}, "rows.0.columns.test"),
            ({"test_type": "Schizophrenia"}, "rows.0.columns.test_type"),
            ({"Schizophrenia": "x"}, "rows.0.columns.?"),
            ({"value": "Schizophrenia"}, "rows.0.columns.value"),
            ({"value": True}, "rows.0.columns.value"),
            ({"taken_at": "2026-13-45"}, "rows.0.columns.taken_at"),
            ({"status": None}, "rows.0.columns.status"),
            ({"patient": "Dr Schizophrenia"}, "rows.0.columns.patient"),
            ({"unit": " "}, "rows.0.columns.unit"),
        ],
    )
    def test_is_named_by_its_column_and_never_by_its_value(
        self, product: Product, columns: dict[str, Any], path: str
    ) -> None:
        before = product.footprint()

        answer = send(product, "Observation", row("o-1", **(TAKEN | columns)))

        assert (answer.status, answer.fields) == (400, {path})
        assert "Schizophrenia" not in answer.body.decode()
        assert product.footprint() == before

    @pytest.mark.parametrize(
        ("rows", "path"),
        [
            ([], "rows"),
            ([row("a", status="final"), row("a", status="final")], "rows.1.id"),
            ([row("Ä", status="final")], "rows.0.id"),
            ([row("a")], "rows.0.columns"),
            ([row("a", status="final")] * 501, "rows"),
        ],
    )
    def test_rows_are_refused(self, product: Product, rows: list[dict[str, Any]], path: str) -> None:
        assert send(product, "Observation", *rows).fields == {path}

    def test_what_the_columns_do_not_say_is_named_by_its_element(self, product: Product) -> None:
        few = [one for one in OBSERVATIONS if one["column"] in ("value", "unit")]
        path = "/api/entity-maps/Observation"
        etag = product.ask("GET", path, token=product.staff(SYNC)).headers["etag"]
        set_columns(product, "Observation", few, If_Match=etag)

        answer = send(product, "Observation", row("o-1", value=7.5))

        assert answer.status == 400
        assert answer.fields == {"rows.0.resource.code"}

    def test_without_columns_there_are_no_rows(self, product: Product) -> None:
        written, read = send(product, "Condition", row("knee", x=1)), shown(product, "Condition")

        assert (written.status, written.json["type"]) == (409, "/problems/no-columns")
        assert (read.status, read.json["type"]) == (409, "/problems/no-columns")
        assert send(product, "Gadget", row("x", y=1)).status == 404


class TestColumns:
    @pytest.mark.parametrize(
        ("attribute", "field"),
        [
            ({"column": "a", "path": "colour", "type": "text"}, "path"),
            ({"column": "a", "path": "name.family", "type": "text"}, "path"),
            ({"column": "a", "path": "birthDate[0]", "type": "date"}, "path"),
            ({"column": "a", "path": "birthDate", "type": "text"}, "type"),
            ({"column": "a", "path": "name[0]", "type": "text"}, "type"),
            ({"column": "a", "path": "name[0].family.", "type": "text"}, "path"),
            ({"column": "a", "path": "telecom.where(colour='red').value", "type": "text"}, "path"),
            ({"column": "a", "path": "telecom.where(rank='1').value", "type": "text"}, "path"),
            ({"column": "a", "path": "telecom.where(system=phone).value", "type": "text"}, "path"),
            ({"column": "a b", "path": "gender", "type": "text"}, "column"),
            ({"column": "a", "path": "gender", "type": "text", "concepts": "x"}, "concepts"),
            ({"column": "a", "path": "maritalStatus", "type": "concept_type"}, "is_written"),
            ({"column": "a", "path": "meta.lastUpdated", "type": "instant"}, "is_written"),
            ({"column": "a", "path": "id", "type": "text"}, "path"),
        ],
    )
    def test_that_lead_nowhere_are_refused(
        self, product: Product, attribute: dict[str, Any], field: str
    ) -> None:
        answer = set_columns(product, "Patient", [attribute])

        assert (answer.status, answer.fields) == (400, {f"attributes.0.{field}"})

    def test_that_are_written_twice_are_refused(self, product: Product) -> None:
        one = {"column": "a", "path": "maritalStatus", "type": "concept_name"}
        part = {"column": "b", "path": "maritalStatus.text", "type": "text"}
        same = {"column": "a", "path": "gender", "type": "text"}

        answer = set_columns(product, "Patient", [one, part, same])
        read = set_columns(product, "Patient", [one, part | {"is_written": False}])

        assert answer.fields == {"attributes.1.path", "attributes.2.column"}
        assert read.status == 200

    def test_have_versions_and_are_remembered(self, product: Product) -> None:
        first = set_columns(product, "Patient", PATIENTS)
        blind = set_columns(product, "Patient", [])
        seen = set_columns(product, "Patient", [], If_Match=first.headers["etag"])
        product.run()

        assert (blind.status, seen.json["entity_map"]["version"]) == (409, 2)
        told = [one["subject"] for one in audited(product) if one["what"] == "put_attribute_maps"]
        assert told.count("entity-map/Patient") == 2

    def test_are_shown_as_they_were_set(self, product: Product) -> None:
        token = product.staff(SYNC)
        got = product.ask("GET", "/api/entity-maps/Observation/attributes", token=token).json

        defaults = {"concepts": None, "is_written": True}
        assert got["attributes"] == [defaults | one for one in OBSERVATIONS]


class TestWhatComesWithTheProduct:
    @pytest.mark.parametrize("file", sorted(ENTITY_MAPS.glob("*.json")), ids=lambda file: file.stem)
    def test_is_taken_and_says_of_a_record_what_it_means(self, product: Product, file: Path) -> None:
        said = json.loads(file.read_text())
        path, token = f"/api/entity-maps/{file.stem}", product.staff(SYNC)
        etag = product.ask("GET", path, token=token).headers.get("etag")
        seen = {"If_Match": etag} if etag else {}

        concepts = {"concepts": said["concepts"]}
        set_ = product.ask("PUT", f"{path}/concepts", body=concepts, token=token, **seen)
        kept = set_columns(product, file.stem, said["attributes"], If_Match=set_.headers["etag"])

        assert kept.status == 200, kept.body
        (first, *_) = said["concepts"]
        named = {"concept": first["name"], "patient": "Patient/maria", "status": "completed"}
        columns = {one["column"] for one in said["attributes"] if one.get("is_written", True)}
        wanted = {name: held for name, held in (named | {"intent": "order"}).items() if name in columns}
        if file.stem == "Observation":
            wanted["status"] = "final"
        if file.stem == "Immunization":
            wanted["given_at"] = "2026-11-02"
        if file.stem == "Patient":
            wanted = {"family": "O'Connor", "given": "Zoë", "marital_status": first["name"]}
        assert outcomes(send(product, file.stem, row("maria", **wanted))) in (["created"], ["updated"])
        (found,) = shown(product, file.stem).json["rows"]
        assert wanted.items() <= found["columns"].items()
        assert found["columns"].get("says", first["text"]) == first["text"]
