"""Measures through the product's own doors, queue and timer: kept, worked out, shown (UN-14)."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.fhir_people import a_patient, an_appointment, an_hba1c
from tests.support.issuer import Issuer, an_issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_story import audited

HBA1C = {"system": "http://loinc.org", "code": "4548-4"}
LATEST: dict[str, Any] = {
    "name": "Latest HbA1c",
    "kind": "attribute",
    "over": {"kind": "records", "resource": "Observation", "codes": [HBA1C]},
    "calculations": [{"name": "hba1c", "function": "last", "column": "value"}],
    "state": "live",
}
BOOKED: dict[str, Any] = {
    "name": "Appointments by status",
    "kind": "customer",
    "over": {"kind": "records", "resource": "Appointment"},
    "calculations": [
        {"name": "booked", "function": "count"},
        {"name": "first", "function": "min", "column": "start"},
    ],
    "dimensions": [{"column": "status"}, {"column": "start", "by": "month"}],
    "state": "live",
}


OVER = {"of-orders": ["orders"], "of-both": ["orders", "calls"], "of-any": [], "of-none": ["no-such"]}
ORDERS: dict[str, Any] = {
    "name": "Orders",
    "kind": "attribute",
    "over": {"kind": "activities", "types": ["orders"]},
    "calculations": [{"name": "orders", "function": "count"}],
    "state": "live",
}


@pytest.fixture(scope="module")
def issuer() -> Generator[Issuer]:
    with an_issuer() as one:
        yield one


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        yield one


def keeps(product: Product, draft: dict[str, Any], *, named: str = "latest-hba1c", **headers: str) -> Answer:
    token = product.staff("data_administrator")
    answer = product.ask("PUT", f"/api/measures/{named}", body=draft, token=token, **headers)
    product.run()
    return answer


def values(
    product: Product, *, named: str = "latest-hba1c", role: str = "care_coordinator", query: str = ""
) -> Answer:
    return product.ask("GET", f"/api/measures/{named}/values{query}", token=product.staff(role))


def shown(product: Product, *, named: str = "latest-hba1c") -> Any:
    return product.ask("GET", f"/api/measures/{named}", token=product.staff("data_viewer")).json


def stage_of_measures(product: Product) -> tuple[str, int]:
    run = product.ask("GET", "/api/refreshes", token=product.staff("operator")).json["refreshes"][0]
    (stage,) = [one for one in run["stages"] if one["name"] == "measures"]
    return stage["status"], stage["handled"]


def of_maria(product: Product, role: str) -> list[str]:
    path = "/api/patients/maria/measures"
    found = product.ask("GET", path, token=product.staff(role), X_Reason="She%20asks").json["measures"]
    return sorted(one["measure_id"] for one in found)


def has_orders(product: Product, *, named: str = "orders", is_clinical: bool = False) -> None:
    kept = {
        "name": "Order",
        "source": "Web shop",
        "kind": "sales_order",
        "fields": {"key": "id", "patient": "whose", "at": "at"},
        "is_clinical": is_clinical,
    }
    token = product.staff("data_administrator")
    assert product.ask("PUT", f"/api/activity-types/{named}", body=kept, token=token).status == 200


def tells(product: Product, *keys: str, of: str = "maria") -> list[str]:
    items = [{"id": key, "whose": of, "at": "2026-10-01T08:00:00Z"} for key in keys]
    body = {"activity_type": "orders", "items": items}
    taken = product.ask("POST", "/api/activities", body=body, token=product.staff("data_contributor")).json
    return [one["activity_id"] for one in taken["items"]]


def counted(product: Product) -> dict[str, Any]:
    found = values(product, named="orders", role="data_viewer").json["values"]
    return {one["patient_id"]: one["values"]["orders"] for one in found}


class TestAMeasure:
    def test_gives_each_patient_the_value_that_the_record_says(self, product: Product) -> None:
        product.write(a_patient(), a_patient("li"), a_patient("nobody"))
        product.write(an_hba1c("early", value=8.2, at="2026-01-05T09:00:00Z"))
        product.write(an_hba1c("late", value=6.1, at="2026-02-05T09:00:00Z"))
        product.write(an_hba1c("of-li", of="li", value=9.0, at="2026-01-05T09:00:00Z"))
        keeps(product, LATEST)

        found = values(product).json

        assert [(one["patient_id"], one["values"]) for one in found["values"]] == [
            ("li", {"hba1c": 9.0}),
            ("maria", {"hba1c": 6.1}),
        ]
        assert (found["version"], found["next"]) == (1, None)
        assert product.failures == []

    def test_stays_as_it_was_until_somebody_asks(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=8.2))
        keeps(product, LATEST)
        product.write(an_hba1c(value=6.1))
        product.run()
        before = values(product).json["values"]
        token = product.staff("data_administrator")
        first = product.ask("POST", "/api/measures/latest-hba1c/refresh", token=token)
        again = product.ask("POST", "/api/measures/latest-hba1c/refresh", token=token)
        product.run()

        assert [one["values"]["hba1c"] for one in before] == [8.2]
        assert (first.status, first.json["status"], again.json) == (202, "queued", first.json)
        assert values(product).json["values"][0]["values"] == {"hba1c": 6.1}
        assert shown(product)["refresh"]["status"] == "successful"

    def test_is_worked_out_by_the_timer_when_it_is_due(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=8.2))
        keeps(product, {**LATEST, "refresh": "day"})
        product.write(an_hba1c(value=6.1))
        product.pass_by(timedelta(hours=23))
        product.tick("queue_due_measures")
        early = values(product).json["values"]
        product.pass_by(timedelta(hours=2))
        product.tick("queue_due_measures")

        assert [one["values"]["hba1c"] for one in early] == [8.2]
        assert [one["values"]["hba1c"] for one in values(product).json["values"]] == [6.1]

    def test_is_worked_out_in_a_refresh_which_waits_for_it(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=8.2))
        keeps(product, LATEST)
        product.write(an_hba1c(value=6.1))
        product.ask("POST", "/api/refreshes", token=product.staff("operator"))
        product.run()
        meanwhile = stage_of_measures(product)
        product.pass_by(timedelta(seconds=16))

        assert meanwhile == ("running", 0)
        assert stage_of_measures(product) == ("successful", 1)
        assert [one["values"]["hba1c"] for one in values(product).json["values"]] == [6.1]

    def test_is_split_by_its_dimensions_a_page_at_a_time(self, product: Product) -> None:
        product.write(a_patient(), a_patient("li"))
        for number, whose in enumerate(("maria", "li", "maria")):
            product.write(an_appointment(f"visit-{number}", of=whose))
        keeps(product, BOOKED, named="booked")

        pages: list[Any] = []
        after = ""
        while True:
            page = values(product, named="booked", query=f"?limit=1{after}").json
            pages += page["values"]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"

        assert [(one["patient_id"], one["values"]["booked"]) for one in pages] == [("li", 1), ("maria", 2)]
        assert pages == values(product, named="booked").json["values"]
        assert {one["dimensions"]["status"] for one in pages} == {"booked"}
        assert {one["dimensions"]["start"][7:] for one in pages} == {"-01"}
        assert all(one["values"]["first"].endswith("Z") for one in pages)

    def test_worked_out_anew_between_two_pages_says_so(self, product: Product) -> None:
        product.write(a_patient(), a_patient("li"), an_hba1c(value=8.2), an_hba1c("other", of="li"))
        etag = keeps(product, LATEST).json["etag"]
        mark = values(product, query="?limit=1").json["next"]
        other = [{"name": "hba1c", "function": "max", "column": "value"}]
        keeps(product, {**LATEST, "calculations": other}, If_Match=etag)

        stale = values(product, query=f"?limit=1&after={mark}")

        assert stale.status == 409
        assert values(product, query="?after=../../etc").status == 400

    def test_of_all_together_is_one_row(self, product: Product) -> None:
        product.write(a_patient(), a_patient("li"))
        everybody = {
            "name": "Patients",
            "kind": "business",
            "over": {"kind": "people"},
            "calculations": [{"name": "patients", "function": "count"}],
            "state": "live",
        }
        keeps(product, everybody, named="patients")

        found = values(product, named="patients", role="data_viewer").json["values"]

        assert found == [{"patient_id": None, "dimensions": {}, "values": {"patients": 2}}]

    def test_counts_among_whom_a_rule_finds(self, product: Product) -> None:
        product.write(
            a_patient(), a_patient("li"), an_hba1c(value=8.2), an_hba1c("other", of="li", value=6.0)
        )
        high = {"kind": "value", "comparison": "above", "threshold": 7.0, "unit": "%"}
        among = {"kind": "has_records", "resource": "Observation", "codes": [HBA1C], "tests": [high]}
        keeps(product, {**LATEST, "among": among})

        assert [one["patient_id"] for one in values(product).json["values"]] == ["maria"]

    def test_that_is_a_draft_again_has_no_values(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=8.2))
        etag = keeps(product, LATEST).json["etag"]
        before = values(product).status
        keeps(product, {**LATEST, "state": "draft"}, If_Match=etag)
        asked = product.ask(
            "POST", "/api/measures/latest-hba1c/refresh", token=product.staff("data_administrator")
        )

        assert (before, values(product).status, asked.status) == (200, 404, 409)

    def test_is_changed_only_by_who_has_seen_it(self, product: Product) -> None:
        etag = keeps(product, LATEST).json["etag"]

        assert keeps(product, LATEST).status == 409
        assert keeps(product, LATEST, If_Match="0").status == 412
        renamed = keeps(product, {**LATEST, "name": "HbA1c"}, If_Match=etag)
        assert (renamed.status, renamed.json["measure"]["version"]) == (200, 1)
        by_more = keeps(
            product, {**LATEST, "time_zone": "Europe/London"}, If_Match=renamed.json["etag"]
        ).json["measure"]
        assert by_more["version"] == 2

    def test_that_makes_no_sense_is_refused_with_its_fields(self, product: Product) -> None:
        wrong = {
            **LATEST,
            "calculations": [{"name": "x", "function": "sum", "column": "status"}],
            "dimensions": [{"column": "start"}],
            "among": {"kind": "in_segment", "segment_id": "no-such"},
        }

        refused = keeps(product, wrong)

        assert refused.status == 400
        told = str(refused.json)
        for path in ("among", "calculations.0.column", "dimensions.0.by"):
            assert path in told

    def test_is_listed_with_how_it_stands(self, product: Product) -> None:
        keeps(product, LATEST)
        keeps(product, {**BOOKED, "state": "draft"}, named="booked")

        token = product.staff("data_viewer")
        (live,) = product.ask("GET", "/api/measures?state=live", token=token).json["measures"]

        assert live == shown(product)
        assert (live["is_clinical"], live["refresh"]["rows"]) == (True, 0)
        assert shown(product, named="booked")["is_clinical"] is False


class TestOverActivities:
    def test_counts_what_sources_told_and_not_what_was_withdrawn(self, product: Product) -> None:
        product.write(a_patient(), a_patient("li"))
        has_orders(product)
        tells(product, "1", "2", "3")
        (first,) = tells(product, "4", of="li")
        keeps(product, ORDERS, named="orders")
        before = counted(product)
        keeper = product.staff("data_administrator")
        product.ask("POST", f"/api/patients/li/activities/{first}/withdraw", token=keeper)
        product.pass_by(timedelta(days=3))
        tells(product, "5")
        asked = product.ask("POST", "/api/measures/orders/refresh", token=product.staff("data_administrator"))
        product.run()

        assert asked.status == 202
        assert (before, counted(product)) == ({"li": 1, "maria": 3}, {"maria": 4})

    def test_follows_those_that_were_told_long_ago(self, product: Product) -> None:
        product.write(a_patient())
        has_orders(product)
        etag = keeps(product, ORDERS, named="orders").json["etag"]
        tells(product, "1")
        product.pass_by(timedelta(days=61))
        keeps(product, {**ORDERS, "time_zone": "Europe/London"}, named="orders", If_Match=etag)

        assert counted(product) == {"maria": 1}

    def test_is_clinical_unless_each_of_its_types_is_not(self, product: Product) -> None:
        has_orders(product)
        has_orders(product, named="calls", is_clinical=True)

        for named, types in OVER.items():
            keeps(product, {**ORDERS, "over": {"kind": "activities", "types": types}}, named=named)

        assert {named: shown(product, named=named)["is_clinical"] for named in OVER} == {
            "of-orders": False,
            "of-both": True,
            "of-any": True,
            "of-none": True,
        }


class TestWhoMayKnow:
    def test_clinical_values_are_for_clinical_staff(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=8.2), an_appointment("visit", of="maria"))
        keeps(product, LATEST)
        keeps(product, BOOKED, named="booked")

        assert values(product, role="outreach_specialist").status == 403
        assert values(product, named="booked", role="outreach_specialist").status == 200
        assert of_maria(product, "healthcare_non_clinical_user") == ["booked"]
        assert of_maria(product, "healthcare_user") == ["booked", "latest-hba1c"]

    def test_those_of_a_patient_are_for_who_has_to_do_with_her_or_says_why(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=8.2))
        keeps(product, LATEST)
        path, token = "/api/patients/maria/measures", product.staff("healthcare_user")

        refused = product.ask("GET", path, token=token)
        given = product.ask("GET", path, token=token, X_Reason="She%20asks")

        assert (refused.status, given.json["ground"]) == (403, "break_glass")
        assert "8.2" not in refused.body.decode()

    def test_what_was_worked_out_from_clinical_data_stays_so(self, product: Product) -> None:
        """The measure asks for nothing clinical any more, but has not been worked out since."""
        product.write(a_patient(), an_hba1c(value=8.2), an_appointment("visit", of="maria"))
        etag = keeps(product, LATEST, named="it").json["etag"]
        token = product.staff("data_administrator", "care_coordinator")
        product.ask("PUT", "/api/measures/it", body=BOOKED, token=token, If_Match=etag)
        between = values(product, named="it", role="outreach_specialist").status
        seen = of_maria(product, "outreach_specialist")
        product.run()

        assert (between, seen) == (403, [])
        assert values(product, named="it", role="outreach_specialist").status == 200

    def test_a_preview_shows_how_many_to_all_and_values_to_whoever_may_know(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=8.2))

        def previewed(role: str) -> Any:
            path = "/api/measures/preview"
            return product.ask("POST", path, body=LATEST, token=product.staff(role)).json

        told = previewed("outreach_specialist")
        assert (told["rows"], told["sample"]) == (1, [])
        both = product.staff("outreach_specialist", "care_coordinator")
        seen = product.ask("POST", "/api/measures/preview", body=LATEST, token=both).json
        assert [one["values"] for one in seen["sample"]] == [{"hba1c": 8.2}]

    def test_reading_values_is_audited(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=8.2))
        keeps(product, LATEST)
        values(product)
        of_maria(product, "healthcare_user")
        product.run()

        told = {(one["what"], one["subject"]) for one in audited(product)}

        assert ("list_values", "measure/latest-hba1c") in told
        assert ("put_measure", "measure/latest-hba1c") in told
        assert any(what == "list_patient_measures" for what, _ in told)
