"""Three people of one name and one birthday, and which of them is meant (UN-15)."""

from typing import Any

import pytest

from tests.support.fhir_people import a_patient
from tests.support.product import Answer, Product
from tests.support.product_story import audited

BORN = "1961-03-08"
OLD_HOME = {"use": "old", "city": "Malmö"}


def person(id_: str, language: str, city: str, **more: Any) -> dict[str, Any]:
    return a_patient(
        id_,
        family="Ní Bhriain",
        communication=[{"language": {"coding": [{"code": language}]}}],
        address=[OLD_HOME, {"use": "home", "city": city}],
        **more,
    )


@pytest.fixture(autouse=True)
def _namesakes(product: Product) -> None:
    doctor, clinic = {"reference": "Practitioner/costa"}, {"reference": "Organization/north"}
    product.write(
        person("asa", "sv-SE", "Linköping", generalPractitioner=[doctor], managingOrganization=clinic),
        person("orla", "ga", "LINKOPING", gender="other", birthDate="1961-03-09"),
        person("una", "sv", "Århus", active=False, deceasedBoolean=True, birthDate="1948"),
        a_patient("somebody", family="Else"),
    )
    product.run()


def search(product: Product, only: Any, role: str = "outreach_specialist", **wanted: Any) -> Answer:
    body = (wanted or {"name": "Ní Bhriain"}) | {"only": only}
    return product.ask("POST", "/api/patients/search", body=body, token=product.staff(role))


class TestANarrowedSearch:
    @pytest.mark.parametrize(
        ("only", "who"),
        [
            ({}, ["asa", "orla", "una"]),
            ({"language": "sv"}, ["asa", "una"]),
            ({"language": "SV-se"}, ["asa"]),
            ({"language": "s"}, []),
            ({"city": "linkoping"}, ["asa", "orla"]),
            ({"city": "Malmö"}, []),
            ({"city": "Århus", "language": "sv"}, ["una"]),
            ({"gender": "other"}, ["orla"]),
            ({"general_practitioner": "Practitioner/costa"}, ["asa"]),
            ({"organisation": "Organization/north"}, ["asa"]),
            ({"is_active": True}, ["asa", "orla"]),
            ({"is_deceased": True}, ["una"]),
            ({"born_from": "1961-03-08", "born_to": "1961-03-08"}, ["asa"]),
            ({"born_from": "1961-03-09"}, ["orla"]),
            ({"born_to": "1950-01-01"}, ["una"]),
        ],
    )
    def test_finds_whom_all_of_it_is_so(self, product: Product, only: dict[str, Any], who: list[str]) -> None:
        answer = search(product, only)

        assert answer.status == 200, answer.json
        assert sorted(one["patient_id"] for one in answer.json["people"]) == who

    def test_goes_on_past_those_who_do_not_fit(self, product: Product) -> None:
        only, after, found = {"gender": "other"}, None, list[str]()
        for _ in range(4):
            page = search(product, only, name="Ní Bhriain", limit=1, after=after).json
            found += [one["patient_id"] for one in page["people"]]
            after = page["next"]
            if after is None:
                break

        assert (found, after) == (["orla"], None)

    def test_finds_nobody_by_that_alone(self, product: Product) -> None:
        """All who live in a town are a segment; a search does not look at everybody."""
        answer = product.ask(
            "POST",
            "/api/patients/search",
            body={"only": {"city": "Linköping"}},
            token=product.staff("outreach_specialist"),
        )

        assert (answer.status, answer.json["type"]) == (422, "/problems/search-is-too-wide")

    def test_asks_no_less_of_whose_scope_is_narrow(self, product: Product) -> None:
        only = {"city": "Linköping", "language": "sv"}

        assert search(product, only, "omnichannel_agent").status == 422
        assert search(product, only, "omnichannel_agent", name="Bhriain", birth_date=BORN).status == 200

    @pytest.mark.parametrize(
        ("only", "field"),
        [
            ({"city": " "}, "only.city"),
            ({"language": "x" * 201}, "only.language"),
            ({"born_from": "1962-01-01", "born_to": "1961-01-01"}, "only.born_to"),
            ({"born_from": "long ago"}, "only.born_from"),
            ({"shoe_size": "38"}, "only.shoe_size"),
        ],
    )
    def test_refuses_what_can_be_nobodys(self, product: Product, only: dict[str, str], field: str) -> None:
        answer = search(product, only)

        assert (answer.status, answer.fields) == (400, {field})

    def test_is_kept_as_a_segment_of_whom_it_found(self, product: Product) -> None:
        token = product.staff("outreach_specialist", "marketing_manager")
        body = {"wanted": {"name": "Ní Bhriain", "only": {"city": "Linköping"}}, "name": "Two of three"}

        kept = product.ask("PUT", "/api/segments/two-of-three/from-search", body=body, token=token)

        assert kept.status in (200, 201), kept.json
        assert "Linköping" not in str(kept.json)
        assert "Linköping" not in str(audited(product))
