"""A search kept as a segment, through the product's own doors (UN-15), and what it must not tell."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.patients import search_patients
from shared.segments import save_search
from tests.support.fhir_people import a_patient, an_hba1c
from tests.support.issuer import Issuer, an_issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_story import audited

MARIA: dict[str, Any] = {"family": "Silva", "given": ["Maria"]}
NAMED: dict[str, Any] = {"kind": "one_of_these", "patients": ["maria"]}
DIABETIC: dict[str, Any] = {"kind": "has_records", "resource": "Observation"}
BOTH: dict[str, Any] = {"kind": "all_of", "rules": [NAMED, DIABETIC]}


@pytest.fixture(scope="module")
def issuer() -> Generator[Issuer]:
    with an_issuer() as one:
        yield one


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        names = [{"family": "Silva", "given": ["Maria"]}, {"family": "Silva", "given": ["João"]}]
        one.write(a_patient(name=[names[0]]), a_patient("john", name=[names[1]]), an_hba1c(value=8.2))
        one.write(a_patient("li", name=[{"family": "O'Brien", "given": ["Li"]}]))
        one.run()
        yield one


def saves(product: Product, role: str = "outreach_specialist", **wanted: Any) -> Answer:
    body = {"wanted": wanted, "name": "The Silvas"}
    path = "/api/segments/silvas/from-search"
    answer = product.ask("PUT", path, body=body, token=product.staff(role))
    settles(product)
    return answer


def settles(product: Product) -> None:
    product.pass_by(timedelta(seconds=3))
    product.run()


def keeps(product: Product, rule: dict[str, Any], role: str, named: str = "other") -> Answer:
    body = {"name": "Other", "rule": rule, "state": "live"}
    answer = product.ask("PUT", f"/api/segments/{named}", body=body, token=product.staff(role))
    settles(product)
    return answer


def size(product: Product, role: str, named: str = "other") -> int | None:
    return product.ask("GET", f"/api/segments/{named}", token=product.staff(role)).json["members"]


class TestASavedSearch:
    def test_holds_whom_it_found_and_nobody_who_comes_later(self, product: Product) -> None:
        kept = saves(product, name="silva")
        product.write(a_patient("ana", name=[{"family": "Silva"}]))
        settles(product)
        token = product.staff("outreach_specialist")

        members = product.ask("GET", "/api/segments/silvas/members", token=token).json["members"]

        assert (kept.status, kept.json["segment"]["rule"]["patients"]) == (200, ["john", "maria"])
        assert sorted(one["patient_id"] for one in members) == ["john", "maria"]
        assert product.failures == []

    def test_keeps_nothing_of_what_was_asked_and_is_audited(self, product: Product) -> None:
        saves(product, name="silva", birth_date="1961-03-08")
        read = product.ask("GET", "/api/segments/silvas", token=product.staff("data_viewer"))

        assert "1961" not in str(read.json)
        assert {one["what"] for one in audited(product) if one["subject"] == "segment/silvas"} == {
            "save_search",
            "put_segment",
        }

    @pytest.mark.parametrize("role", ["marketing_professional", "data_viewer", "omnichannel_agent"])
    def test_is_for_who_may_both_search_and_make_segments(self, product: Product, role: str) -> None:
        assert saves(product, role, name="silva").status == 403

    @pytest.mark.parametrize(
        ("wanted", "problem"),
        [({"name": "Nobody"}, "search-finds-nobody"), ({}, "search-is-too-wide")],
    )
    def test_of_nobody_or_everybody_is_refused(
        self, product: Product, wanted: dict[str, Any], problem: str
    ) -> None:
        answer = saves(product, **wanted)

        assert (answer.status, answer.json["type"]) == (422, f"/problems/{problem}")

    def test_does_not_look_through_a_whole_town(
        self, product: Product, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No Silva is called Li, and to find that out each of them is looked at."""
        monkeypatch.setattr(search_patients, "MOST_LOOKED_AT", 1)
        monkeypatch.setattr(save_search, "A_PAGE", 1)
        enough = saves(product, name="silva maria")
        monkeypatch.setattr(save_search, "MOST_PAGES", 1)

        answer = saves(product, name="silva li")

        assert enough.status == 200
        assert (answer.status, answer.json["type"]) == (422, "/problems/search-finds-too-many")

    def test_is_not_saved_over_another_unseen(self, product: Product) -> None:
        saves(product, name="silva")

        assert saves(product, name="li").status == 409


class TestNamingPeople:
    """How many of one there are, who is named, would say what they have."""

    def test_beside_a_clinical_rule_is_refused_to_who_may_see_none(self, product: Product) -> None:
        token = product.staff("outreach_specialist")
        preview = product.ask("POST", "/api/segments/preview", body={"rule": BOTH}, token=token)

        assert keeps(product, BOTH, "outreach_specialist").status == 403
        assert (preview.status, preview.json["type"]) == (403, "/problems/not-to-single-out")

    def test_by_way_of_another_segment_is_refused_as_well(self, product: Product) -> None:
        saves(product, name="maria")
        inside = {"kind": "in_segment", "segment_id": "silvas"}
        rule = {"kind": "any_of", "alternatives": [inside, DIABETIC]}

        assert keeps(product, rule, "outreach_specialist").status == 403

    def test_is_counted_to_clinical_staff_alone_however_it_came_about(self, product: Product) -> None:
        keeps(product, {"kind": "city", "one_of": ["Boston"]}, "outreach_specialist", "inner")
        inside = {"kind": "in_segment", "segment_id": "inner"}
        keeps(product, {"kind": "any_of", "alternatives": [inside, DIABETIC]}, "outreach_specialist")
        before = size(product, "outreach_specialist")
        token = product.staff("outreach_specialist")
        etag = product.ask("GET", "/api/segments/inner", token=token).headers["etag"]
        body = {"name": "Inner", "rule": NAMED, "state": "live"}
        product.ask("PUT", "/api/segments/inner", body=body, token=token, If_Match=etag)
        settles(product)

        assert (before, size(product, "outreach_specialist"), size(product, "care_coordinator")) == (
            1,
            None,
            1,
        )

    def test_is_no_way_to_measure_them(self, product: Product) -> None:
        measure = {
            "name": "Results",
            "kind": "customer",
            "over": {"kind": "records", "resource": "Observation"},
            "calculations": [{"name": "n", "function": "count"}],
            "among": NAMED,
        }
        token = product.staff("outreach_specialist")

        answer = product.ask("POST", "/api/measures/preview", body=measure, token=token)

        assert (answer.status, answer.fields) == (400, {"among"})

    def test_is_no_way_to_measure_them_later_either(self, product: Product) -> None:
        """The segment that a measure counts among names nobody when the measure is kept."""
        keeps(product, {"kind": "city", "one_of": ["Boston"]}, "outreach_specialist", "inner")
        token = product.staff("outreach_specialist")
        measure = {
            "name": "Results",
            "kind": "attribute",
            "over": {"kind": "records", "resource": "Observation"},
            "calculations": [{"name": "n", "function": "count"}],
            "among": {"kind": "in_segment", "segment_id": "inner"},
            "state": "live",
        }
        kept = product.ask("PUT", "/api/measures/results", body=measure, token=token)
        settles(product)
        before = rows(product, "outreach_specialist")
        etag = product.ask("GET", "/api/segments/inner", token=token).headers["etag"]
        body = {"name": "Inner", "rule": NAMED, "state": "live"}
        named = product.ask("PUT", "/api/segments/inner", body=body, token=token, If_Match=etag)
        settles(product)
        asked = product.ask("POST", "/api/measures/results/refresh", token=token)
        settles(product)

        assert (kept.status, named.status, asked.status) == (200, 200, 202)
        told = [rows(product, role) for role in ("outreach_specialist", "operator", "care_coordinator")]
        assert (before, told) == (0, [None, None, 1])
        assert asked.json["rows"] is None


def rows(product: Product, role: str) -> int | None:
    """Give how many rows a measure has, as it is shown and as it is listed."""
    token = product.staff(role)
    shown = product.ask("GET", "/api/measures/results", token=token).json["refresh"]["rows"]
    listed = product.ask("GET", "/api/measures", token=token).json["measures"][0]["refresh"]["rows"]
    assert shown == listed
    return shown
