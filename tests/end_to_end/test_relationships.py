"""Relationships through the product's own doors (UN-12), and segments that go by them."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.fhir_people import a_patient, an_appointment
from tests.support.issuer import Issuer, an_issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_story import audited

ORIGIN: dict[str, Any] = {
    "name": "Where the patient came from",
    "from_type": "Encounter",
    "path": "hospitalization.origin",
    "to_type": "Location",
}
CAME_FROM: dict[str, Any] = {
    "kind": "has_records",
    "resource": "Encounter",
    "tests": [
        {
            "kind": "leads_to",
            "by": [{"by": "hospitalization.origin", "to": "Location"}],
            "tests": [{"kind": "name", "one_of": ["St Mary's home"]}],
        }
    ],
}
AT_CLINIC: dict[str, Any] = {
    "kind": "has_records",
    "resource": "Appointment",
    "tests": [{"kind": "leads_to", "by": [{"by": "participant.actor", "to": "Practitioner"}]}],
}


@pytest.fixture(scope="module")
def issuer() -> Generator[Issuer]:
    with an_issuer() as one:
        yield one


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        yield one


def puts(product: Product, path: str, body: dict[str, Any], **headers: str) -> Answer:
    answer = product.ask(
        "PUT", f"/api/{path}", body=body, token=product.staff("data_administrator"), **headers
    )
    product.pass_by(timedelta(seconds=3))
    product.run()
    return answer


def asks(product: Product, rule: dict[str, Any]) -> Answer:
    return puts(product, "segments/it", {"name": "It", "rule": rule, "state": "live"})


def members(product: Product, role: str = "care_coordinator") -> Answer:
    return product.ask("GET", "/api/segments/it/members", token=product.staff(role))


def own(product: Product) -> list[dict[str, Any]]:
    found = product.ask("GET", "/api/relationships", token=product.staff("data_viewer")).json
    return [one for one in found["relationships"] if one["id"]]


class TestARelationship:
    def test_lets_segments_go_by_it_over_what_the_lake_holds_already(self, product: Product) -> None:
        home = {"resourceType": "Location", "id": "home", "name": "St Mary's home"}
        visit = {
            "resourceType": "Encounter",
            "id": "stay",
            "status": "finished",
            "class": {"code": "IMP"},
            "subject": {"reference": "Patient/maria"},
            "period": {"start": "2026-01-02T05:00:00Z"},
            "hospitalization": {"origin": {"reference": "Location/home"}},
        }
        product.write(home, a_patient(), a_patient("li"), visit)
        product.run()
        before = asks(product, CAME_FROM)
        kept = puts(product, "relationships/origin", ORIGIN)
        then = asks(product, CAME_FROM)

        assert (before.status, before.fields) == (400, {"rule.tests.0.by.0"})
        assert (kept.status, then.status) == (200, 200)
        assert [one["patient_id"] for one in members(product).json["members"]] == ["maria"]
        assert product.failures == []

    def test_in_use_may_get_another_name_and_nothing_else(self, product: Product) -> None:
        kept = puts(product, "relationships/origin", ORIGIN)
        asks(product, CAME_FROM)
        etag = kept.headers["etag"]
        retired = puts(product, "relationships/origin", {**ORIGIN, "is_retired": True}, If_Match=etag)
        renamed = puts(product, "relationships/origin", {**ORIGIN, "name": "Origin"}, If_Match=etag)

        assert (retired.status, retired.json["type"]) == (409, "/problems/relationship-is-in-use")
        assert renamed.status == 200
        assert [(one["id"], one["name"], one["used_by"]) for one in own(product)] == [
            ("origin", "Origin", ["it"])
        ]

    def test_is_not_overwritten_unseen_and_is_audited(self, product: Product) -> None:
        puts(product, "relationships/origin", ORIGIN)

        assert puts(product, "relationships/origin", ORIGIN).status == 409
        assert [one["what"] for one in audited(product) if one["subject"] == "relationship/origin"] == [
            "put_relationship"
        ]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"path": "subject reference"}, "path"),
            ({"path": "serviceProvider", "to_type": "Organization"}, "path"),
            ({"to_type": "Patient"}, "to_type.?"),
            ({"from_type": "Pet"}, "from_type.?"),
            ({"name": " "}, "name"),
        ],
    )
    def test_that_makes_no_sense_is_refused(
        self, product: Product, change: dict[str, Any], field: str
    ) -> None:
        answer = puts(product, "relationships/origin", {**ORIGIN, **change})

        assert (answer.status, answer.fields) == (400, {field})

    def test_is_kept_by_data_administrators_alone(self, product: Product) -> None:
        token = product.staff("marketing_manager")

        assert product.ask("PUT", "/api/relationships/origin", body=ORIGIN, token=token).status == 403


class TestWhoMayKnow:
    def test_of_appointments_and_who_they_are_with_is_not_clinical(self, product: Product) -> None:
        product.write(a_patient(), an_appointment())
        asks(product, AT_CLINIC)

        assert members(product, "outreach_specialist").status == 200

    def test_of_what_an_appointment_is_for_is(self, product: Product) -> None:
        product.write(a_patient(), an_appointment())
        reason = {"from_type": "Appointment", "path": "reasonReference", "to_type": "Condition"}
        puts(product, "relationships/reason", {**ORIGIN, **reason})
        way = {"kind": "leads_to", "by": [{"by": "reasonReference", "to": "Condition"}]}
        kept = asks(product, {**AT_CLINIC, "tests": [way]})

        assert (kept.status, members(product, "outreach_specialist").status) == (200, 403)
