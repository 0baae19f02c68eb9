"""Segments through the product's own doors, queues and timers: kept, filled, explained, left (D8)."""

import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.load import main
from shared.adapters.parquet_lake import ParquetLake
from tests.support.fhir_people import a_patient, an_appointment, an_hba1c
from tests.support.issuer import Issuer, an_issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_story import audited

TOO_HIGH: dict[str, Any] = {
    "kind": "has_records",
    "resource": "Observation",
    "codes": [{"system": "http://loinc.org", "code": "4548-4"}],
    "tests": [{"kind": "value", "comparison": "above", "threshold": 7.0, "unit": "%"}],
}
DRAFT: dict[str, Any] = {"name": "HbA1c above 7 %", "rule": TOO_HIGH, "state": "live"}


@pytest.fixture(scope="module")
def issuer() -> Generator[Issuer]:
    with an_issuer() as one:
        yield one


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        yield one


def keeps(product: Product, draft: dict[str, Any], *, named: str = "too-high", **headers: str) -> Answer:
    """Keep a segment, and give its refresh the two seconds it waits."""
    token = product.staff("outreach_specialist")
    answer = product.ask("PUT", f"/api/segments/{named}", body=draft, token=token, **headers)
    product.pass_by(timedelta(seconds=3))
    return answer


def members(product: Product, named: str = "too-high") -> list[str]:
    answer = product.ask("GET", f"/api/segments/{named}/members", token=product.staff("care_coordinator"))
    return [member["patient_id"] for member in answer.json["members"]]


def explained(product: Product, role: str, *, of: str = "maria") -> Any:
    path = f"/api/patients/{of}/segments/too-high/explain"
    return product.ask("GET", path, token=product.staff(role)).json


class TestASegment:
    def test_holds_whom_the_record_says_and_follows_what_changes(self, product: Product) -> None:
        product.write(a_patient(), a_patient("li"), an_hba1c(value=8.2))
        keeps(product, DRAFT)
        at_first = members(product)
        product.write(an_hba1c("second", of="li", value=9.0), an_hba1c(value=6.1))
        product.run()
        then = members(product)
        product.delete("Observation", "second")
        product.run()

        assert (at_first, then, members(product)) == (["maria"], ["li"], [])
        assert product.failures == []

    def test_is_shown_with_its_size_and_last_refresh(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=8.2))
        keeps(product, DRAFT)

        token = product.staff("data_viewer")
        shown = product.ask("GET", "/api/segments/too-high", token=token).json
        (listed,) = product.ask("GET", "/api/segments?state=live", token=token).json["segments"]

        assert shown == listed
        assert (shown["members"], shown["segment"]["version"]) == (1, 1)
        assert shown["refreshed_at"] is not None

    def test_is_changed_only_by_who_has_seen_it(self, product: Product) -> None:
        etag = keeps(product, DRAFT).json["etag"]
        everybody = {**DRAFT, "rule": {"kind": "has_records", "resource": "Observation"}}

        assert keeps(product, everybody).status == 409
        assert keeps(product, everybody, If_Match="0").status == 412
        changed = keeps(product, everybody, If_Match=etag)
        assert (changed.status, changed.json["segment"]["version"]) == (200, 2)

    def test_that_refers_to_itself_or_to_nothing_is_refused(self, product: Product) -> None:
        itself = {**DRAFT, "rule": {"kind": "in_segment", "segment_id": "too-high"}}
        nothing = {**DRAFT, "rule": {"kind": "in_segment", "segment_id": "no-such"}}

        assert keeps(product, itself).status == 400
        assert keeps(product, nothing).status == 400

    def test_draws_back_its_members_when_it_is_a_draft_again(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=8.2))
        etag = keeps(product, DRAFT).json["etag"]
        before = members(product)
        keeps(product, {**DRAFT, "state": "draft"}, If_Match=etag)

        assert (before, members(product)) == (["maria"], [])

    def test_is_refreshed_by_the_timer(self, product: Product) -> None:
        keeps(product, DRAFT)
        product.app.embedded_record.load([a_patient(), an_hba1c(value=8.2)])
        product.pass_by(timedelta(minutes=31))
        before = members(product)
        product.tick("queue_refreshes")

        assert (before, members(product)) == ([], ["maria"])

    def test_lets_go_of_whom_time_takes_out(self, product: Product) -> None:
        recent = {**TOO_HIGH, "when": {"kind": "within_days", "days": 400}}
        product.write(a_patient(), an_hba1c(value=8.2))
        keeps(product, {**DRAFT, "rule": recent})
        before = members(product)
        product.pass_by(timedelta(days=400))
        product.tick("queue_expiring_memberships")

        assert (before, members(product)) == (["maria"], [])


class TestTheMembers:
    def test_are_told_nobody_who_may_see_nothing_clinical(self, product: Product) -> None:
        keeps(product, DRAFT)
        path, token = "/api/segments/too-high/members", product.staff("outreach_specialist")

        assert product.ask("GET", path, token=token).status == 403

    def test_are_read_under_the_eyes_of_the_audit(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=8.2))
        keeps(product, DRAFT)
        members(product)
        product.run()

        read = [one for one in audited(product) if one["what"] == "list_members"]
        assert [(one["subject"], one["patient_id"]) for one in read] == [("segment/too-high", None)]
        assert read[0]["who"]


class TestAPreview:
    def test_counts_and_shows_some_and_keeps_nothing(self, product: Product) -> None:
        """Some to clinical staff only, where the rule is clinical; whoever makes segments may be both."""
        people = [a_patient(f"p{number:02}") for number in range(12)]
        product.write(*people, *(an_hba1c(f"r{one['id']}", of=one["id"], value=8.0) for one in people))

        answer = product.ask(
            "POST",
            "/api/segments/preview",
            body={"rule": TOO_HIGH},
            token=product.staff("marketing_manager", "care_coordinator"),
        ).json

        assert (answer["size"], len(answer["sample"])) == (12, 10)
        assert answer["complete_up_to"] is not None
        listed = product.ask("GET", "/api/segments", token=product.staff("operator")).json
        assert listed["segments"] == []


class TestAnExplanation:
    @pytest.fixture(autouse=True)
    def somebody_in_it(self, product: Product) -> None:
        product.write(a_patient(), a_patient("li"), an_hba1c(value=8.2))
        keeps(product, DRAFT)

    def test_says_to_clinical_staff_why(self, product: Product) -> None:
        answer = explained(product, "care_coordinator")

        assert (answer["holds"], answer["is_member"]) == (True, True)
        assert answer["since"] is not None
        assert answer["why"]["holds"] is True
        assert "Observation/hba1c" in answer["why"]["records"]

    @pytest.mark.parametrize("role", ["outreach_specialist", "healthcare_non_clinical_user"])
    def test_says_nothing_clinical_to_others(self, product: Product, role: str) -> None:
        token = product.staff(role)

        answer = product.ask("GET", "/api/patients/maria/segments/too-high/explain", token=token)
        listed = product.ask("GET", "/api/patients/maria/segments", token=token)

        assert answer.status == 403
        assert "only-for-clinical-staff" in answer.json["type"]
        assert (listed.status, listed.json["memberships"]) == (200, [])

    def test_of_who_is_not_in_it_says_so(self, product: Product) -> None:
        answer = explained(product, "healthcare_user", of="li")

        assert (answer["holds"], answer["is_member"], answer["why"]["holds"]) == (False, False, False)

    def test_of_nobody_is_not_found(self, product: Product) -> None:
        path = "/api/patients/nobody/segments/too-high/explain"

        assert product.ask("GET", path, token=product.staff("care_coordinator")).status == 404

    def test_is_audited(self, product: Product) -> None:
        explained(product, "care_coordinator")
        product.run()

        token = product.staff("privacy_officer")
        entries = product.ask("GET", "/api/audit?patient_id=maria", token=token).json["entries"]
        assert "explain_membership" in {entry["what"] for entry in entries}

    def test_stands_beside_all_memberships_of_a_patient(self, product: Product) -> None:
        path = "/api/patients/maria/segments"
        (one,) = product.ask("GET", path, token=product.staff("care_coordinator")).json["memberships"]

        assert (one["segment_id"], one["is_member"], one["occurrence"]) == ("too-high", True, 1)


class TestLoading:
    def test_fills_the_lake_and_loading_again_adds_nothing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder, data = tmp_path / "export", tmp_path / "data"
        folder.mkdir()
        lines = [json.dumps(one) for one in (a_patient(), a_patient("li"), an_hba1c())]
        (folder / "all.ndjson").write_text("\n".join(lines))

        assert main([str(folder), "--data", str(data)]) == 0
        assert main([str(folder), "--data", str(data)]) == 0

        lake = ParquetLake(data / "lake")
        found = lake.population(
            "SELECT patient_id FROM patient ORDER BY 1", as_of=datetime(2026, 3, 29, tzinfo=UTC)
        )
        assert list(found) == ["li", "maria"]
        told = capsys.readouterr().err
        assert "3 resources in the lake" in told
        assert "\n0 resources in the lake" in told


class TestShippedSegments:
    def test_are_ten_and_can_be_installed_once_with_what_they_build_on(self, product: Product) -> None:
        token = product.staff("data_administrator")
        path = "/api/shipped-segments/high-risk-combined/install"
        first = product.ask("POST", path, token=token)
        again = product.ask("POST", path, token=token)
        product.pass_by(timedelta(seconds=3))

        shipped = product.ask("GET", "/api/shipped-segments", token=token).json["segments"]
        assert (first.status, again.json) == (200, first.json)
        assert len(shipped) == 10
        assert {one["id"] for one in shipped if one["is_installed"]} == {
            "high-risk-combined",
            "hypertension-uncontrolled",
        }

    def test_that_do_not_come_along_are_not_found(self, product: Product) -> None:
        path = "/api/shipped-segments/no-such/install"

        assert product.ask("POST", path, token=product.staff("data_administrator")).status == 404

    def test_about_visits_see_appointments_too(self, product: Product) -> None:
        product.write(a_patient(), an_appointment(status="noshow", start="2026-01-10T09:00:00Z"))
        product.ask(
            "POST",
            "/api/shipped-segments/no-show-without-booking/install",
            token=product.staff("marketing_manager"),
        )
        product.pass_by(timedelta(seconds=3))

        assert members(product, "no-show-without-booking") == ["maria"]
