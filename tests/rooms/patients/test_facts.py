"""What a fact says of a resource, in words, codes and times."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.identity import PatientId
from shared.patients.declarations import DECLARATIONS
from shared.patients.facts import Fact
from shared.patients.facts_in_fhir import LONGEST_TEXT, fact_from

MARIA = PatientId("maria")
ABOUT = {"reference": "Patient/maria"}


def a_fact(kind: str, **elements: Any) -> Fact:
    patients = dict.fromkeys(("AllergyIntolerance", "Immunization", "RelatedPerson"), "patient")
    whose: dict[str, str] = {**patients, "Coverage": "beneficiary"}
    found = fact_from(
        {"resourceType": kind, "id": "one", whose.get(kind, "subject"): ABOUT, **elements}, MARIA
    )
    assert found is not None
    return found


class TestWords:
    @pytest.mark.parametrize(
        ("element", "value", "words"),
        [
            ("valueQuantity", {"value": 7.2, "unit": "%"}, "7.2 %"),
            ("valueQuantity", {"value": 5, "comparator": "<", "code": "mmol/L"}, "< 5 mmol/L"),
            (
                "valueRange",
                {"low": {"value": 3, "unit": "mg"}, "high": {"value": 4, "unit": "mg"}},
                "3 mg to 4 mg",
            ),
            ("valueCodeableConcept", {"coding": [{"code": "N", "display": "Negative"}]}, "Negative"),
            ("valueBoolean", False, "no"),
            ("valueInteger", 0, "0"),
            ("valueString", "  clear  ", "clear"),
            (
                "component",
                [
                    {"code": {"text": "Systolic"}, "valueQuantity": {"value": 120, "unit": "mmHg"}},
                    {"code": {"text": "Diastolic"}, "valueQuantity": {"value": 80, "unit": "mmHg"}},
                ],
                "Systolic: 120 mmHg; Diastolic: 80 mmHg",
            ),
        ],
    )
    def test_of_a_result(self, element: str, value: object, words: str) -> None:
        assert a_fact("Observation", **{element: value}).detail.value["value"] == words

    def test_of_a_medication_are_its_dosage(self) -> None:
        fact = a_fact(
            "MedicationRequest",
            medicationCodeableConcept={"text": "Metformin 500 mg"},
            dosageInstruction=[{"text": "One tablet twice daily"}],
        )

        assert (fact.title.value, fact.detail.value["dosage"]) == (
            "Metformin 500 mg",
            "One tablet twice daily",
        )

    def test_are_no_longer_than_a_glance(self) -> None:
        assert len(a_fact("Condition", code={"text": "x" * 9000}).title.value or "") == LONGEST_TEXT


class TestTimes:
    def test_end_when_what_is_vague_is_over(self) -> None:
        fact = a_fact("Encounter", period={"start": "2026-03", "end": "2026-03-29"})

        assert fact.starts_at == datetime(2026, 3, 1, tzinfo=UTC)
        assert fact.ends_at == datetime(2026, 3, 30, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00", 7, None, {}])
    def test_that_are_none_are_left_out(self, text: object) -> None:
        assert a_fact("Procedure", performedDateTime=text).starts_at is None


class TestStanding:
    def test_of_an_allergy_is_its_code(self) -> None:
        status = {"coding": [{"code": "active", "display": "Active"}]}

        assert a_fact("AllergyIntolerance", clinicalStatus=status).status == "active"

    def test_entered_in_error_is_marked_wherever_it_is_said(self) -> None:
        verified = {"coding": [{"code": "entered-in-error"}]}

        assert a_fact("Condition", verificationStatus=verified).is_in_error
        assert a_fact("Observation", status="entered-in-error").is_in_error

    def test_of_nobody_we_asked_about_is_no_fact(self) -> None:
        other = {"resourceType": "Condition", "id": "one", "subject": {"reference": "Patient/john"}}

        assert fact_from(other, MARIA) is None
        assert fact_from({"resourceType": "Location", "id": "one"}, MARIA) is None

    def test_names_those_who_take_part_but_no_patient(self) -> None:
        named = ("Practitioner/costa", "Patient/maria", "https://x/Practitioner/y")
        members = [{"member": {"reference": one}} for one in named]

        assert a_fact("CareTeam", participant=members).people == ("Practitioner/costa",)

    @pytest.mark.parametrize("kind", ["Appointment", "CareTeam"])
    @pytest.mark.parametrize(
        ("others", "family"),
        [
            ([], ["RelatedPerson/wife"]),
            ([{"reference": "Patient/john"}], []),
            ([{"reference": "https://elsewhere.example/fhir/Patient/john"}], []),
            ([{"type": "Patient", "identifier": {"value": "7"}}], []),
        ],
    )
    def test_names_no_family_where_it_may_be_anothers(
        self, kind: str, others: list[dict[str, Any]], family: list[str]
    ) -> None:
        hers, named = ({"reference": "Patient/maria"}, "actor" if kind == "Appointment" else "member")
        who = [hers, *others, {"reference": "RelatedPerson/wife"}, {"reference": "Practitioner/costa"}]
        visit = {
            "resourceType": kind,
            "id": "one",
            "subject": hers,
            "reasonCode": [{"text": "A lump"}],
            "participant": [{named: one} for one in who],
        }
        fact = fact_from(visit, MARIA)

        assert fact is not None
        assert list(fact.people) == [*family, "Practitioner/costa"]
        is_hers = kind == "CareTeam" or not others
        assert fact.detail.value.get("reason") == ("A lump" if is_hers else None)

    def test_gives_all_of_what_names_its_patient_by_a_number(self) -> None:
        hers = {"type": "Patient", "identifier": {"system": "urn:mrn", "value": "MRN-maria"}}
        visit = {
            "resourceType": "Appointment",
            "id": "one",
            "reasonCode": [{"text": "A lump"}],
            "participant": [{"actor": hers}, {"actor": {"reference": "RelatedPerson/wife"}}],
        }
        fact = fact_from(visit, MARIA)

        assert fact is not None
        assert (fact.detail.value["reason"], fact.people) == ("A lump", ("RelatedPerson/wife",))

    @pytest.mark.parametrize(
        ("payor", "title"),
        [
            ({"reference": "Organization/region", "display": "The region"}, "The region"),
            ({"reference": "Patient/maria", "display": "Maria"}, "Maria"),
            ({"reference": "Patient/john", "display": "John"}, "Private"),
            ({"reference": "https://elsewhere.example/fhir/Patient/maria", "display": "John"}, "Private"),
            ({"type": "Patient", "identifier": {"value": "7"}, "display": "John"}, "Private"),
        ],
    )
    def test_names_no_other_patient_who_pays(self, payor: dict[str, Any], title: str) -> None:
        plan = {
            "resourceType": "Coverage",
            "id": "plan",
            "type": {"text": "Private"},
            "beneficiary": {"reference": "Patient/maria"},
            "payor": [payor],
        }
        fact = fact_from(plan, MARIA)

        assert fact is not None
        assert fact.title.value == title


NAMES = ("text", "coding", "code", "value", "unit", "start", "low", "reference", "display", "family", "given")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


class TestAnything:
    @given(kind=st.sampled_from(sorted(DECLARATIONS)), data=st.data())
    def test_may_stand_in_any_element(self, kind: Any, data: st.DataObject) -> None:
        declared = DECLARATIONS[kind]
        paths = {*declared.title, *declared.codes, *declared.starts, *declared.ends, *declared.status}
        elements = sorted(
            {path.partition(".")[0] for path in paths} | {"verificationStatus", "meta"} - {"meta"}
        )

        fact = a_fact(
            kind if kind != "Appointment" else "Condition", **{name: data.draw(JSON) for name in elements}
        )

        assert fact.id == "one"
