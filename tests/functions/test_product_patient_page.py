"""A patient's page in one call: the forms, and tiles on the terms of their own doors (UN-15)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from functions.activities import CARERS as MAY_READ_ACTIVITIES
from functions.measures import CARERS as MAY_READ_MEASURES
from shared.kernel.refusals import Throttled
from shared.patients.tiles import MOST_ON_A_TILE, OPEN_TO
from tests.support.fhir_people import a_patient, an_appointment, an_hba1c
from tests.support.product import Product
from tests.support.product_story import audited

MARK = "schizophrenia"
TILES = ("timeline", "activities", "measures")
ALL = "?include=timeline,activities,measures"
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


@pytest.fixture(scope="module")
def ward(standing: Product) -> Product:
    """Give a house that knows of Maria's illness, her orders and calls, and what two measures gave of her."""
    product = standing
    product.write(
        a_patient("maria"),
        a_patient("john"),
        a_patient("ana"),
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
    return product


def page(product: Product, role: str, query: str = ALL, of: str = "maria") -> Any:
    answer = product.ask(
        "GET", f"/api/patients/{of}{query}", token=product.staff(role), X_Reason="Rang in distress"
    )
    assert answer.status == 200, answer.json
    return answer.json


class TestThePage:
    def test_shows_those_who_treat_all_in_one_call(self, ward: Product) -> None:
        shown = page(ward, "healthcare_user")

        assert [shown[tile]["standing"] for tile in TILES] == ["shown"] * 3
        entries = [(one["resource_type"], one["id"]) for one in shown["timeline"]["entries"]]
        assert entries[0] == ("Appointment", "next")
        assert ("Condition", "illness") in entries
        assert {one["activity_type"] for one in shown["activities"]["activities"]} == {"orders", "calls"}
        measures = {one["measure_id"]: one["groups"] for one in shown["measures"]["measures"]}
        assert measures == {
            "latest": [{"dimensions": {}, "values": {"hba1c": 8.2}}],
            "booked": [{"dimensions": {}, "values": {"booked": 1}}],
        }

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

        assert [shown[tile]["standing"] for tile in TILES] == ["shown", "withheld", "withheld"]
        assert shown["activities"]["activities"] == shown["measures"]["measures"] == []

    def test_knows_the_same_roles_as_the_doors(self) -> None:
        assert {str(role) for role in OPEN_TO["activities"]} == MAY_READ_ACTIVITIES.roles
        assert {str(role) for role in OPEN_TO["measures"]} == MAY_READ_MEASURES.roles

    @pytest.mark.parametrize(
        ("query", "tiles"),
        [
            ("?include=measures", {"measures"}),
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
        assert [shown[tile]["standing"] for tile in TILES[:2]] == ["shown", "shown"]
        assert shown["clinical"]["cards"]["conditions"]["total"] == 1
