"""Segments that ask for a measure's value, through the product's own doors, queues and timers (UN-14)."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.fhir_people import a_patient, an_appointment, an_hba1c
from tests.support.issuer import Issuer, an_issuer
from tests.support.product import Answer, Product, a_product

HBA1C = {"system": "http://loinc.org", "code": "4548-4"}
LATEST: dict[str, Any] = {
    "name": "Latest HbA1c",
    "kind": "attribute",
    "over": {"kind": "records", "resource": "Observation", "codes": [HBA1C]},
    "calculations": [{"name": "hba1c", "function": "last", "column": "value", "null_as": 0.0}],
    "state": "live",
}
MISSED: dict[str, Any] = {
    "name": "Appointments",
    "kind": "attribute",
    "over": {"kind": "records", "resource": "Appointment"},
    "calculations": [{"name": "n", "function": "count"}],
    "state": "live",
}
HIGH = {
    "kind": "measure",
    "measure_id": "latest",
    "calculation": "hba1c",
    "comparison": "above",
    "threshold": 7.5,
}
MANY = {
    "kind": "measure",
    "measure_id": "booked",
    "calculation": "n",
    "comparison": "at_least",
    "threshold": 1,
}


@pytest.fixture(scope="module")
def issuer() -> Generator[Issuer]:
    with an_issuer() as one:
        yield one


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        yield one


def keeps(product: Product, what: str, named: str, draft: dict[str, Any], **headers: str) -> Answer:
    token = product.staff("data_administrator")
    answer = product.ask("PUT", f"/api/{what}/{named}", body=draft, token=token, **headers)
    product.pass_by(timedelta(seconds=3))
    product.run()
    return answer


def asks(product: Product, rule: dict[str, Any], named: str = "high") -> Answer:
    return keeps(product, "segments", named, {"name": "High", "rule": rule, "state": "live"})


def members(product: Product, named: str = "high", role: str = "care_coordinator") -> list[str]:
    answer = product.ask("GET", f"/api/segments/{named}/members", token=product.staff(role))
    return sorted(one["patient_id"] for one in answer.json["members"])


def worked_out(product: Product, named: str = "latest") -> None:
    token = product.staff("data_administrator")
    assert product.ask("POST", f"/api/measures/{named}/refresh", token=token).status == 202
    product.run()
    product.pass_by(timedelta(seconds=3))
    product.run()


@pytest.fixture
def in_high(product: Product) -> None:
    product.write(a_patient(), a_patient("li"), a_patient("nobody"))
    product.write(an_hba1c(value=8.2), an_hba1c("of-li", of="li", value=6.1))
    assert keeps(product, "measures", "latest", LATEST).status == 200
    assert asks(product, HIGH).status == 200


@pytest.mark.usefixtures("in_high")
class TestASegmentOnAMeasure:
    def test_holds_whom_the_values_say_and_follows_them_once_worked_out_anew(self, product: Product) -> None:
        at_first = members(product)
        product.write(an_hba1c(value=6.0), an_hba1c("of-li", of="li", value=9.4))
        product.run()
        meanwhile = members(product)
        worked_out(product)

        assert (at_first, meanwhile, members(product)) == (["maria"], ["maria"], ["li"])
        assert product.failures == []

    def test_takes_what_stands_for_the_unknown_for_who_has_no_row(self, product: Product) -> None:
        below = {**HIGH, "comparison": "below", "threshold": 1}
        asks(product, below, "none-yet")

        assert members(product, "none-yet") == ["nobody"]

    def test_explains_itself_to_clinical_staff_and_is_closed_to_others(self, product: Product) -> None:
        path = "/api/patients/maria/segments/high/explain"
        why = product.ask("GET", path, token=product.staff("care_coordinator")).json["why"]

        assert (why["holds"], why["text"]) == (True, "hba1c of the measure latest is above 7.5")
        outreach = product.staff("outreach_specialist")
        assert product.ask("GET", path, token=outreach).status == 403
        assert product.ask("GET", "/api/segments/high/members", token=outreach).status == 403
        preview = product.ask("POST", "/api/segments/preview", body={"rule": HIGH}, token=outreach).json
        assert (preview["size"], preview["sample"]) == (1, [])

    def test_holds_its_measure_fast(self, product: Product) -> None:
        shown = product.ask("GET", "/api/measures/latest", token=product.staff("data_viewer"))
        etag = shown.headers["etag"]
        expired = keeps(product, "measures", "latest", {**LATEST, "state": "expired"}, If_Match=etag)
        renamed = {**LATEST, "calculations": [{**LATEST["calculations"][0], "name": "other"}]}
        without = keeps(product, "measures", "latest", renamed, If_Match=etag)
        of_all = keeps(product, "measures", "latest", {**LATEST, "kind": "business"}, If_Match=etag)

        assert shown.json["asked_by"] == ["high"]
        assert [(one.status, one.json["errors"][0]["field"]) for one in (expired, without, of_all)] == [
            (400, "state"),
            (400, "calculations"),
            (400, "kind"),
        ]
        assert members(product) == ["maria"]

    def test_in_a_circle_with_its_measure_is_refused_on_either_side(self, product: Product) -> None:
        etag = product.ask("GET", "/api/measures/latest", token=product.staff("data_viewer")).headers["etag"]
        among = {**LATEST, "among": {"kind": "in_segment", "segment_id": "high"}}

        answer = keeps(product, "measures", "latest", among, If_Match=etag)

        assert (answer.status, answer.json["errors"][0]["field"]) == (400, "among")


class TestAMeasure:
    def test_that_is_not_there_is_refused(self, product: Product) -> None:
        answer = asks(product, HIGH)

        assert (answer.status, answer.json["errors"][0]["field"]) == (400, "rule.measure_id")

    def test_of_appointments_alone_makes_no_clinical_segment(self, product: Product) -> None:
        product.write(a_patient(), a_patient("li"), an_appointment())
        keeps(product, "measures", "booked", MISSED)
        asks(product, MANY)

        assert members(product, role="outreach_specialist") == ["maria"]

    def test_that_was_clinical_closes_the_segment_until_it_is_worked_out_anew(self, product: Product) -> None:
        product.write(a_patient(), an_appointment(), an_hba1c(value=8.2))
        over = {"kind": "records", "resource": "Observation"}
        keeps(product, "measures", "booked", {**MISSED, "over": over})
        asks(product, MANY)
        etag = product.ask("GET", "/api/measures/booked", token=product.staff("data_viewer")).headers["etag"]
        token = product.staff("data_administrator", "care_coordinator")
        outreach = product.staff("outreach_specialist")
        alone = product.staff("data_administrator")
        refused = product.ask("PUT", "/api/measures/booked", body=MISSED, token=alone, If_Match=etag)
        product.ask("PUT", "/api/measures/booked", body=MISSED, token=token, If_Match=etag)
        before = product.ask("GET", "/api/segments/high/members", token=outreach).status
        product.pass_by(timedelta(seconds=3))
        product.run()

        assert (refused.json["type"], before) == ("/problems/only-opened-by-clinical-staff", 403)
        assert product.ask("GET", "/api/segments/high/members", token=outreach).status == 200
