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


CARE_TEAM: dict[str, Any] = {
    "name": "Whose team somebody is in",
    "from_type": "Patient",
    "path": "participant.member",
    "to_type": "Practitioner",
    "through": "CareTeam",
    "through_path": "subject",
    "cardinality": "many_to_many",
}
NEARBY: dict[str, Any] = {
    "name": "Clinics of the same postal code",
    "from_type": "Patient",
    "path": "postal_code",
    "to_type": "Location",
    "over": "value",
    "cardinality": "one_to_one",
}


def leads(*by: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "patient_leads_to", "leads": {"kind": "leads_to", "by": list(by), **more}}


def named(name: str) -> list[dict[str, Any]]:
    return [{"kind": "name", "one_of": [name]}]


def a_clinic(id_: str, name: str, postal_code: str) -> dict[str, Any]:
    return {"resourceType": "Location", "id": id_, "name": name, "address": {"postalCode": postal_code}}


def lives_in(postal_code: str) -> dict[str, Any]:
    return {"address": [{"postalCode": postal_code}]}


class TestThroughOthers:
    def test_leads_by_its_name_and_is_kept_in_steps(self, product: Product) -> None:
        team = {
            "resourceType": "CareTeam",
            "id": "team",
            "subject": {"reference": "Patient/maria"},
            "participant": [{"member": {"reference": f"Practitioner/{one}"}} for one in ("ann", "bo")],
        }
        doctors = [
            {"resourceType": "Practitioner", "id": one.lower(), "name": [{"text": one}]}
            for one in ("Ann", "Bo")
        ]
        product.write(*doctors, a_patient(), a_patient("li"), team)
        product.run()
        kept = puts(product, "relationships/care-team", CARE_TEAM)
        rule = leads({"by": "care-team", "to": "Practitioner"}, tests=named("Bo"))
        answer = asks(product, rule)

        assert (kept.status, answer.status) == (200, 200)
        assert [one["by"] for one in answer.json["segment"]["rule"]["leads"]["by"]] == [
            "subject",
            "participant.member",
        ]
        assert [one["patient_id"] for one in members(product).json["members"]] == ["maria"]
        assert members(product, "outreach_specialist").status == 403
        assert [one["used_by"] for one in own(product)] == [["it"]]
        assert product.failures == []

    def test_of_a_group_is_clinical_and_leads_to_it(self, product: Product) -> None:
        member = {"entity": {"reference": "Patient/maria"}}
        group = {"resourceType": "Group", "id": "g", "type": "person", "actual": True, "name": "Cohort"}
        product.write(a_patient(), a_patient("li"), {**group, "member": [member]})
        product.run()
        asks(product, leads({"by": "", "to": "Group"}, tests=named("Cohort")))

        assert [one["patient_id"] for one in members(product).json["members"]] == ["maria"]
        assert members(product, "outreach_specialist").status == 403


class TestEqualValues:
    def test_lead_there_and_say_where_they_are_not_one_to_one(self, product: Product) -> None:
        product.write(
            a_clinic("mill", "Mill Lane", "CB1 2AB"),
            a_patient(**lives_in("CB1 2AB")),
            a_patient("li", **lives_in("E1 6AN")),
        )
        product.run()
        puts(product, "relationships/nearby", NEARBY)
        rule = leads({"by": "nearby", "to": "Location"}, tests=named("Mill Lane"))
        asks(product, rule)
        first = checked(product, "nearby")
        product.write(a_clinic("new", "New Street", "CB1 2AB"), a_patient("bo", **lives_in("CB1 2AB")))
        product.run()
        then, shown = checked(product, "nearby"), previewed(product, rule)

        assert (first.json["is_as_declared"], first.json["lead_to_several"]) == (True, 0)
        assert [then.json[one] for one in ("is_as_declared", "lead_to_several", "led_to_by_several")] == [
            False,
            2,
            2,
        ]
        assert (shown.json["size"], shown.json["sample"]) == (2, ["bo", "maria"])
        assert shown.json["not_one_to_one"] == ["nearby"]
        assert [one["patient_id"] for one in members(product).json["members"]] == ["bo", "maria"]
        assert product.failures == []

    def test_of_what_is_not_there_are_not_checked(self, product: Product) -> None:
        assert checked(product, "nowhere").status == 404

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"path": "address.postalCode"}, "path"),
            ({"path": "name"}, "from_type"),
            ({"to_type": "Encounter"}, "to_type"),
            ({"through": "Group", "through_path": "member.entity"}, "through"),
        ],
    )
    def test_that_cannot_be_compared_are_refused(
        self, product: Product, change: dict[str, Any], field: str
    ) -> None:
        answer = puts(product, "relationships/nearby", {**NEARBY, **change})

        assert (answer.status, answer.fields) == (400, {field})

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"through_path": "participant.member"}, "through_path"),
            ({"through_path": None}, "through_path"),
            ({"through": None}, "through_path"),
            ({"cardinality": "one_to_one"}, "cardinality"),
        ],
    )
    def test_through_what_does_not_refer_to_both_is_refused(
        self, product: Product, change: dict[str, Any], field: str
    ) -> None:
        answer = puts(product, "relationships/care-team", {**CARE_TEAM, **change})

        assert (answer.status, answer.fields) == (400, {field})


class TestAMeasure:
    def test_goes_by_a_relationships_name_too_and_keeps_its_steps(self, product: Product) -> None:
        puts(product, "relationships/nearby", NEARBY)
        draft = {
            "name": "Visits of those who live by a clinic",
            "kind": "customer",
            "over": {"kind": "records", "resource": "Encounter"},
            "calculations": [{"name": "n", "function": "count"}],
            "among": leads({"by": "nearby", "to": "Location"}),
        }
        kept = puts(product, "measures/visits", draft)

        assert kept.status == 200
        assert [one["by"] for one in kept.json["measure"]["among"]["leads"]["by"]] == ["postal_code"]
        assert product.failures == []


class TestTwoWays:
    def test_are_refused_by_both_their_names_until_one_is_said(self, product: Product) -> None:
        puts(product, "relationships/nearby", NEARBY)
        puts(product, "relationships/born-there", {**NEARBY, "path": "city"})
        either = asks(product, leads({"by": "", "to": "Location"}))
        one = asks(product, leads({"by": "born-there", "to": "Location"}))

        (reason,) = [told["problem"] for told in either.json["errors"]]
        assert (either.status, either.fields, one.status) == (400, {"rule.leads.by.0"}, 200)
        assert "born-there" in reason
        assert "nearby" in reason
        assert one.json["segment"]["rule"]["leads"]["by"] == [
            {"by": "city", "to": "Location", "back": False, "equal": True}
        ]

    def test_that_come_later_change_no_segment(self, product: Product) -> None:
        puts(product, "relationships/nearby", NEARBY)
        before = asks(product, leads({"by": "", "to": "Location"}))
        puts(product, "relationships/born-there", {**NEARBY, "path": "city"})
        again = puts(
            product,
            "segments/it",
            {"name": "It", "rule": before.json["segment"]["rule"], "state": "live"},
            If_Match=before.headers["etag"],
        )

        assert (again.status, again.json["segment"]["version"]) == (200, 1)


def checked(product: Product, relationship: str) -> Answer:
    path = f"/api/relationships/{relationship}/check"
    return product.ask("GET", path, token=product.staff("data_administrator"))


def previewed(product: Product, rule: dict[str, Any]) -> Answer:
    token = product.staff("data_administrator", "care_coordinator")
    return product.ask("POST", "/api/segments/preview", body={"rule": rule}, token=token)


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
