"""A patient's page in one call: the forms, and tiles on the terms of their own doors (UN-15)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from functions.activities import CARERS as MAY_READ_ACTIVITIES
from functions.measures import CARERS as MAY_READ_MEASURES
from shared.access.model import CLINICAL_ROLES
from shared.kernel.documents import Create, replacing
from shared.kernel.refusals import Throttled
from shared.matching.documents import (
    LAST,
    LastRun,
    RecordOfPerson,
    matching_partition,
    person_partition,
    record_id_of,
    record_named,
)
from shared.matching.model import RecordRef
from shared.patients.tiles import MOST_IDS, MOST_ON_A_TILE, OPEN_TO
from tests.support.fhir_people import a_patient, an_appointment, an_hba1c
from tests.support.product import Product
from tests.support.product_story import audited

MARK = "schizophrenia"
TILES = ("timeline", "activities", "measures", "ids_by_source")
ALL = f"?include={','.join(TILES)}"
IDS = "?include=ids_by_source"
STAFF = ("healthcare_user", "healthcare_non_clinical_user", "customer_service_representative")
ORDERS: dict[str, Any] = {
    "name": "Web shop order",
    "source": "Web shop",
    "kind": "sales_order",
    "fields": {"key": "id", "patient": "customer", "at": "at", "detail": "text"},
    "is_clinical": False,
    "for_patients": True,
}
CLINIC = {**ORDERS, "name": f"Asked about {MARK}", "source": "Nurse line", "is_clinical": True}
LATEST: dict[str, Any] = {
    "name": "Latest HbA1c",
    "kind": "attribute",
    "over": {
        "kind": "records",
        "resource": "Observation",
        "codes": [{"system": "http://loinc.org", "code": "4548-4"}],
    },
    "calculations": [{"name": "hba1c", "function": "last", "column": "value"}],
    "state": "live",
}
BOOKED: dict[str, Any] = {
    "name": "Appointments",
    "kind": "attribute",
    "over": {"kind": "records", "resource": "Appointment"},
    "calculations": [{"name": "booked", "function": "count"}],
    "state": "live",
}


def tells(
    product: Product, of: str, draft: dict[str, Any], keys: Sequence[int], customer: str = "maria"
) -> None:
    keeper = product.staff("data_administrator")
    assert product.ask("PUT", f"/api/activity-types/{of}", body=draft, token=keeper).status == 200
    items = [
        {"id": key, "customer": customer, "at": f"2026-10-01T{key % 24:02}:00:00Z", "text": f"{of} {key}"}
        for key in keys
    ]
    body = {"activity_type": of, "items": items}
    assert product.ask("POST", "/api/activities", body=body, token=keeper).status == 200


def keeps(product: Product, named: str, draft: dict[str, Any]) -> None:
    keeper = product.staff("data_administrator")
    assert product.ask("PUT", f"/api/measures/{named}", body=draft, token=keeper).status == 200
    product.run()


NAMED = [
    {"name": "given", "meaning": "Person.FirstName"},
    {"name": "family", "meaning": "Person.LastName"},
    {"name": "birthDate", "meaning": "Person.BirthDate"},
    {"name": "phone", "meaning": "Identity.Service.Phone"},
    {"name": "line", "meaning": "Location.Address"},
]
HOSPITAL: dict[str, Any] = {"id": "hospital", "reads": "record", "columns": NAMED}
DAY_CLINIC: dict[str, Any] = {"id": f"{MARK}-clinic", "reads": "files", "columns": NAMED}
AT_MILL_LANE: dict[str, Any] = {"address": [{"line": ["1 Mill Lane"]}]}
MARIA = "Maria,Lindström,1961-03-08,+46 70 174 06 05,1 Mill Lane"
SOMEBODY = "Ines,Castro,1944-12-01,+351 21 000 0000,Rua 2"
JOHN: dict[str, Any] = {
    "family": "Smith",
    "given": "John",
    "birthDate": "1950-02-03",
    "telecom": [],
    **AT_MILL_LANE,
}


def lists(product: Product, of: str, **rows: str) -> None:
    """Let a source tell of those people, and of nobody else."""
    folder = product.app.folder / "sources" / of
    folder.mkdir(parents=True, exist_ok=True)
    told = "\n".join(f"{key},{row}" for key, row in rows.items())
    (folder / "people.csv").write_text(f"id,{','.join(one['name'] for one in NAMED)}\n{told}\n")


def defines(
    product: Product, *sources: dict[str, Any], named: str = "everybody", **draft: Any
) -> dict[str, Any]:
    """Keep a matching as it is to be now."""
    keeper = product.staff("data_administrator")
    path, body = f"/api/matchings/{named}", {"name": f"All with {MARK}", "sources": sources, **draft}
    there = product.ask("GET", path, token=keeper)
    seen = {"If_Match": there.json["etag"]} if there.status == 200 else {}
    answer = product.ask("PUT", path, body=body, token=keeper, **seen)
    assert answer.status == 200, answer.json
    return answer.json


def matches(product: Product, named: str = "everybody", query: str = "") -> None:
    keeper = product.staff("data_administrator")
    path = f"/api/matchings/{named}/runs{query}"
    run = product.ask("POST", path, body={}, token=keeper).json["id"]
    product.run()
    assert product.ask("GET", f"/api/matchings/{named}/runs/{run}", token=keeper).json["state"] == "done"


@pytest.fixture(scope="module")
def ward(standing: Product) -> Product:
    """Give a house that knows of Maria's illness, her orders and calls, and what a matching found."""
    product = standing
    product.write(
        a_patient("maria", **AT_MILL_LANE),
        a_patient("john", **JOHN),
        a_patient("ana", given="Ana", birthDate="1980-01-01", telecom=[]),
        an_appointment("last", start="2026-10-20T09:00:00Z", end="2026-10-20T09:20:00Z"),
        an_hba1c(of="maria"),
        an_appointment("next", start="2026-11-20T09:00:00Z", end="2026-11-20T09:20:00Z"),
        {
            "resourceType": "Condition",
            "id": "illness",
            "subject": {"reference": "Patient/maria"},
            "code": {"text": MARK},
            "onsetDateTime": "2019-05-01",
        },
    )
    product.run()
    tells(product, "orders", ORDERS, [7])
    tells(product, "calls", CLINIC, [8])
    keeps(product, "latest", LATEST)
    keeps(product, "booked", BOOKED)
    lists(product, DAY_CLINIC["id"], c7=MARIA, c8=SOMEBODY)
    defines(product, HOSPITAL, DAY_CLINIC)
    matches(product)
    return product


def keys(person: Any) -> list[tuple[str, str]]:
    return [(one["source"], one["key"]) for one in person["ids"]]


def page(product: Product, role: str, query: str = ALL, of: str = "maria") -> Any:
    answer = product.ask(
        "GET", f"/api/patients/{of}{query}", token=product.staff(role), X_Reason="Rang in distress"
    )
    assert answer.status == 200, answer.json
    return answer.json


class TestThePage:
    def test_shows_those_who_treat_all_in_one_call(self, ward: Product) -> None:
        shown = page(ward, "healthcare_user")

        assert [shown[tile]["standing"] for tile in TILES] == ["shown"] * 4
        entries = [(one["resource_type"], one["id"]) for one in shown["timeline"]["entries"]]
        assert entries[0] == ("Appointment", "next")
        assert ("Condition", "illness") in entries
        assert {one["activity_type"] for one in shown["activities"]["activities"]} == {"orders", "calls"}
        measures = {one["measure_id"]: one["groups"] for one in shown["measures"]["measures"]}
        assert measures == {
            "latest": [{"dimensions": {}, "values": {"hba1c": 8.2}}],
            "booked": [{"dimensions": {}, "values": {"booked": 1}}],
        }
        (person,) = shown["ids_by_source"]["persons"]
        assert keys(person) == [("hospital", "maria"), (DAY_CLINIC["id"], "c7")]

    @pytest.mark.parametrize("role", STAFF[1:])
    def test_shows_others_nothing_clinical_in_any_tile(self, ward: Product, role: str) -> None:
        shown = page(ward, role)

        assert MARK not in json.dumps(shown)
        assert "hba1c" not in json.dumps(shown).lower()
        assert [one["id"] for one in shown["timeline"]["entries"]] == ["next", "last"]

    def test_shows_those_who_administer_what_is_not_clinical(self, ward: Product) -> None:
        shown = page(ward, "healthcare_non_clinical_user")

        assert [one["activity_type"] for one in shown["activities"]["activities"]] == ["orders"]
        assert [one["measure_id"] for one in shown["measures"]["measures"]] == ["booked"]

    def test_withholds_what_the_caller_could_not_have_at_its_own_door(self, ward: Product) -> None:
        shown = page(ward, "customer_service_representative")

        assert [shown[tile]["standing"] for tile in TILES] == ["shown", "withheld", "withheld", "withheld"]
        assert shown["activities"]["activities"] == shown["measures"]["measures"] == []

    @pytest.mark.parametrize("role", STAFF[1:])
    def test_withholds_what_sources_and_matchings_are_called_from_who_does_not_treat(
        self, ward: Product, role: str
    ) -> None:
        shown = page(ward, role, IDS)["ids_by_source"]

        assert shown == {"standing": "withheld", "persons": [], "unsettled": [], "has_more": False}

    def test_knows_the_same_roles_as_the_doors(self) -> None:
        assert {str(role) for role in OPEN_TO["activities"]} == MAY_READ_ACTIVITIES.roles
        assert {str(role) for role in OPEN_TO["measures"]} == MAY_READ_MEASURES.roles
        assert OPEN_TO["ids_by_source"] == CLINICAL_ROLES

    @pytest.mark.parametrize(
        ("query", "tiles"),
        [
            ("?include=measures", {"measures"}),
            (IDS, {"ids_by_source"}),
            ("?include=", set[str]()),
            ("", {"timeline", "activities"}),
            ("?include=timeline,activities", {"timeline", "activities"}),
        ],
    )
    def test_shows_the_tiles_that_are_asked_for(self, ward: Product, query: str, tiles: set[str]) -> None:
        shown = page(ward, "healthcare_user", query)

        assert {tile for tile in TILES if shown[tile] is not None} == tiles
        assert shown["form"] == "clinical"

    def test_refuses_a_tile_that_there_is_not(self, ward: Product) -> None:
        token = ward.staff("healthcare_user")
        answer = ward.ask("GET", "/api/patients/maria?include=genome", token=token, X_Reason="Rang")

        assert (answer.status, answer.json["errors"][0]["field"]) == (400, "include")

    def test_goes_on_at_the_doors_where_a_tile_ends(self, ward: Product) -> None:
        tells(ward, "more", {**ORDERS, "name": "More"}, range(MOST_ON_A_TILE + 2), "john")
        token = ward.staff("healthcare_user")
        shown = page(ward, "healthcare_user", of="john")["activities"]
        path = f"/api/patients/john/activities?after={shown['next']}"

        rest = ward.ask("GET", path, token=token, X_Reason="Rang").json["activities"]

        assert len(shown["activities"]) == MOST_ON_A_TILE
        seen = [one["id"] for one in (*shown["activities"], *rest)]
        assert len(seen) == len(set(seen)) == MOST_ON_A_TILE + 2

    def test_is_audited_once_on_the_ground_that_was_given(self, ward: Product) -> None:
        page(ward, "healthcare_user", of="ana")
        ward.run()

        read = [one for one in audited(ward) if one["patient_id"] == "ana" and one["action"] == "R"]
        assert [(one["what"], one["ground"]) for one in read] == [("show_patient", "break_glass")]
        officer = ward.staff("privacy_officer")
        glass = ward.ask("GET", "/api/break-glass?limit=100", token=officer).json["readings"]
        assert [one["read"] for one in glass if one["patient_id"] == "ana"] == ["show_patient"]


def out_of_order(*_: object, **__: object) -> None:
    raise Throttled


class TestATileThatCannotBeHad:
    def test_says_so_and_takes_nothing_else_along(self, ward: Product) -> None:
        act = ward.app.show_patient
        ward.app.show_patient = replace(act, show_measures=out_of_order)
        shown = page(ward, "healthcare_user")
        ward.app.show_patient = act

        assert shown["measures"] == {"standing": "unavailable", "measures": [], "has_more": False}
        assert [shown[tile]["standing"] for tile in TILES if tile != "measures"] == ["shown"] * 3
        assert shown["clinical"]["cards"]["conditions"]["total"] == 1

    def test_says_so_of_ids_whatever_is_away(self, ward: Product) -> None:
        act = ward.app.show_patient
        ward.app.show_patient = replace(act, show_ids_by_source=out_of_order)
        shown = page(ward, "healthcare_user", IDS)
        ward.app.show_patient = act

        assert shown["ids_by_source"]["standing"] == "unavailable"
        assert shown["clinical"]["cards"]["conditions"]["total"] == 1


def linked(product: Product, of: str, to: str, kind: str = "replaced-by", **more: Any) -> None:
    links = [{"type": kind, "other": {"reference": f"Patient/{to}"}}]
    product.write(a_patient(of, link=links, **more))


def found(product: Product, of: str = "maria") -> list[Any]:
    return page(product, "healthcare_user", IDS, of)["ids_by_source"]["persons"]


class TestIdsBySource:
    def test_are_given_with_who_that_is_and_since_when(self, ward: Product) -> None:
        (person,), (john,) = found(ward), found(ward, "john")

        keeper = ward.staff("data_administrator")
        read = ward.ask("GET", f"/api/matchings/everybody/persons/{person['id']}", token=keeper).json
        assert [(one["ref"]["source"], one["ref"]["key"]) for one in read["records"]] == keys(person)
        assert (person["matching_id"], person["name"]) == ("everybody", f"All with {MARK}")
        assert person["household"] == read["household"] is not None
        assert person["previous_ids"] == []
        assert person["as_of"].startswith("2026-")
        assert keys(john) == [("hospital", "john")]
        assert set(person) == {
            "matching_id", "name", "as_of", "id", "ids", "previous_ids", "household",
        }  # fmt: skip

    def test_name_former_ids_and_nobody_whose_id_is_retired(self, product: Product) -> None:
        product.write(a_patient("maria"))
        lists(product, "clinic", c7=SOMEBODY)
        defines(product, HOSPITAL, {**DAY_CLINIC, "id": "clinic"})
        matches(product)
        (alone,) = found(product)
        keeper = product.staff("data_administrator")
        singles = product.ask("GET", "/api/matchings/everybody/persons?standing=single", token=keeper)
        (other,) = {one["id"] for one in singles.json["items"]} - {alone["id"]}
        lists(product, "clinic", c7=MARIA)
        matches(product)

        (person,) = found(product)

        assert sorted((person["id"], *person["previous_ids"])) == sorted((alone["id"], other))
        assert keys(person) == [("hospital", "maria"), ("clinic", "c7")]

    @pytest.mark.parametrize("opened", ["maria", "old"])
    def test_are_found_by_a_record_that_was_merged_away(self, product: Product, opened: str) -> None:
        product.write(a_patient("maria"))
        linked(product, "old", "maria", birthDate="1950-01-01", telecom=[])
        defines(product, HOSPITAL)
        matches(product)

        assert sorted(keys(one) for one in found(product, opened)) == [
            [("hospital", "maria")],
            [("hospital", "old")],
        ]

    def test_are_found_by_a_record_that_hers_alone_says_it_replaces(self, product: Product) -> None:
        product.write(a_patient("old", birthDate="1950-01-01", telecom=[]))
        linked(product, "maria", "old", "replaces")
        defines(product, HOSPITAL)
        matches(product)

        assert sorted(key for one in found(product) for _, key in keys(one)) == ["maria", "old"]

    def test_are_not_those_of_a_record_that_names_two_successors(self, product: Product) -> None:
        product.write(a_patient("maria"), a_patient("john", **JOHN))
        into = [{"type": "replaced-by", "other": {"reference": f"Patient/{to}"}} for to in ("maria", "john")]
        product.write(a_patient("torn", birthDate="1950-01-01", telecom=[], link=into))
        linked(product, "maria", "torn", "replaces")
        defines(product, HOSPITAL)
        matches(product)

        assert [keys(one) for one in found(product)] == [[("hospital", "maria")]]
        assert [keys(one) for one in found(product, "torn")] == [[("hospital", "torn")]]

    def test_are_a_records_own_where_its_links_contradict_each_other(self, product: Product) -> None:
        both = [{"type": one, "other": {"reference": "Patient/john"}} for one in ("replaced-by", "replaces")]
        product.write(a_patient("maria", link=both), a_patient("john", **JOHN))
        defines(product, HOSPITAL)
        matches(product)

        assert [keys(one) for one in found(product)] == [[("hospital", "maria")]]

    def test_are_never_those_of_somebody_whom_another_source_calls_by_the_same_key(
        self, product: Product
    ) -> None:
        product.write(a_patient("maria"))
        lists(product, "clinic", maria=SOMEBODY)
        defines(product, HOSPITAL, {**DAY_CLINIC, "id": "clinic"})
        matches(product)

        (person,) = found(product)

        assert keys(person) == [("hospital", "maria")]

    def test_are_never_of_who_was_led_to_but_has_no_such_record(self, product: Product) -> None:
        product.write(a_patient("maria"), a_patient("john", **JOHN))
        defines(product, HOSPITAL)
        matches(product)
        (john,) = found(product, "john")
        named = RecordOfPerson(record_named("everybody", "hospital", "maria"), "everybody", john["id"])
        at = record_id_of(john["id"], RecordRef("hospital", "maria"))
        product.app.documents.commit(person_partition(john["id"]), changes=[Create(at, named)])

        assert [keys(one) for one in found(product)] == [[("hospital", "maria")]]

    def test_are_not_shown_of_a_source_that_was_taken_out_since(self, product: Product) -> None:
        product.write(a_patient("maria"))
        lists(product, DAY_CLINIC["id"], c7=MARIA)
        defines(product, HOSPITAL, DAY_CLINIC)
        matches(product)
        defines(product, HOSPITAL)

        (person,) = found(product)

        assert keys(person) == [("hospital", "maria")]

    def test_are_not_looked_for_by_a_source_that_read_something_else_when_it_ran(
        self, product: Product
    ) -> None:
        product.write(a_patient("maria"))
        lists(product, "clinic", maria=SOMEBODY)
        defines(product, {**DAY_CLINIC, "id": "clinic"})
        matches(product)
        defines(product, {**HOSPITAL, "id": "clinic"})

        assert found(product) == []

    def test_wait_for_the_end_of_a_run_that_was_stopped_while_it_wrote(self, product: Product) -> None:
        product.write(a_patient("maria"))
        defines(product, HOSPITAL)
        matches(product)
        defines(product, HOSPITAL, named="second")
        matches(product, "second")
        defines(product, HOSPITAL, named="never run")
        documents = product.app.documents
        last = documents.read(matching_partition("everybody"), LAST, LastRun)
        stopped = replacing(last, replace(last.body, is_whole=False))
        documents.commit(matching_partition("everybody"), changes=[stopped])

        shown = page(product, "healthcare_user", IDS)["ids_by_source"]

        assert shown["unsettled"] == ["everybody"]
        assert [one["matching_id"] for one in shown["persons"]] == ["second"]

    def test_are_fifty_at_most_and_say_that_there_are_more(self, product: Product) -> None:
        product.write(a_patient("maria"))
        lists(product, "clinic", **{f"c{number:02}": MARIA for number in range(MOST_IDS)})
        defines(product, HOSPITAL, {**DAY_CLINIC, "id": "clinic"})
        matches(product)
        defines(product, HOSPITAL, named="later")
        matches(product, "later")

        shown = page(product, "healthcare_user", IDS)["ids_by_source"]

        assert [len(one["ids"]) for one in shown["persons"]] == [MOST_IDS, 0]
        assert keys(shown["persons"][0])[0] == ("hospital", "maria")
        assert shown["has_more"] is True
