"""FHIR resources become facts, or nothing where they do not count (fhir.md §5)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.kernel.identity import PatientId
from shared.segments.in_fhir import patients_in, profile_facts, record_facts

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"


def concept(*codes: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": "as shown"} for system, code in codes]}


def quantity(value: Any, unit: str = "%", **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": "as shown", "code": unit, **more}


def an_hba1c(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "march",
        "meta": {"versionId": "3"},
        "status": "final",
        "code": concept(("urn:local", "A1C"), (LOINC, "4548-4")),
        "subject": {"reference": "Patient/ada"},
        "effectiveDateTime": "2026-03-02T09:30:00.1234567+01:00",
        "valueQuantity": quantity(8.1),
    } | more


def a_patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "ada", "birthDate": "2004-02-29", "gender": "female"} | more


def an_appointment(*patients: str) -> dict[str, Any]:
    actors = [f"Patient/{patient}" for patient in patients]
    return {
        "resourceType": "Appointment",
        "id": "couple",
        "status": "booked",
        "start": "2026-03-05T10:00:00Z",
        "participant": [{"actor": {"reference": one}} for one in ("Practitioner/eve", *actors)],
    }


class TestRecord:
    def test_is_flattened(self) -> None:
        facts = record_facts(an_hba1c())

        assert facts is not None
        assert (facts.id, facts.patient_id, facts.version) == ("march", "ada", 3)
        assert facts.codes == ("urn:local|A1C", f"{LOINC}|4548-4")
        assert facts.starts_at == datetime(2026, 3, 2, 8, 30, 0, 123456, tzinfo=UTC)
        assert (facts.value, facts.unit, facts.comparator) == (8.1, "%", None)

    @pytest.mark.parametrize("effective", ["2026", "2026-01", "2026-01-01"])
    def test_without_a_time_begins_with_its_first_day(self, effective: str) -> None:
        facts = record_facts(an_hba1c(effectiveDateTime=effective))

        assert facts is not None
        assert facts.starts_at == datetime(2026, 1, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        "more",
        [
            {"status": "preliminary"},
            {"status": "entered-in-error"},
            {"status": {"coding": []}},
            {"subject": {"reference": "Group/all"}},
            {"subject": {"reference": "https://elsewhere.example/fhir/Patient/ada"}},
            {"effectiveDateTime": "0001-01-01T00:00:00+14:00"},
            {"effectiveDateTime": "last week"},
            {"effectiveDateTime": None},
            {"id": 7},
            {"resourceType": "Goal"},
            {"resourceType": ["Observation"]},
        ],
    )
    def test_that_does_not_count_is_nothing(self, more: dict[str, Any]) -> None:
        assert record_facts(an_hba1c(**more)) is None

    @pytest.mark.parametrize("said", ["entered-in-error", "refuted"])
    def test_that_was_taken_back_is_nothing(self, said: str) -> None:
        condition = {
            "resourceType": "Condition",
            "id": "dm",
            "subject": {"reference": "Patient/ada"},
            "code": concept((SNOMED, "44054006")),
            "verificationStatus": concept(("urn:local", "ok"), ("urn:fhir", said)),
        }

        assert record_facts(condition) is None
        assert (
            record_facts(condition | {"verificationStatus": concept(("urn:fhir", "confirmed"))}) is not None
        )

    @pytest.mark.parametrize("value", [True, "8.1", float("nan"), float("inf"), 10**400, None, [8.1]])
    def test_with_no_number_has_no_value(self, value: Any) -> None:
        facts = record_facts(an_hba1c(valueQuantity=quantity(value)))

        assert facts is not None
        assert (facts.value, facts.unit) == (None, None)

    def test_keeps_each_component(self) -> None:
        parts = [
            {"code": concept((LOINC, "8462-4")), "valueQuantity": quantity(91, "mm[Hg]", comparator=">")},
            {"code": concept((LOINC, "8480-6")), "dataAbsentReason": {}},
        ]

        facts = record_facts(an_hba1c(component=parts))

        assert facts is not None
        assert [(one.codes, one.value, one.comparator) for one in facts.components] == [
            ((f"{LOINC}|8462-4",), 91.0, ">"),
            ((f"{LOINC}|8480-6",), None, None),
        ]

    def test_of_a_medicine_that_is_only_referred_to_is_told_apart_by_that(self) -> None:
        order = {
            "resourceType": "MedicationRequest",
            "id": "order",
            "subject": {"reference": "Patient/ada"},
            "medicationReference": {"reference": "Medication/7"},
        }

        facts = record_facts(order)

        assert facts is not None
        assert facts.codes == ("|Medication/7",)

    def test_of_a_stay_has_a_start_and_an_end(self) -> None:
        stay = {
            "resourceType": "Encounter",
            "id": "stay",
            "status": "finished",
            "class": {"code": "IMP"},
            "subject": {"reference": "Patient/ada"},
            "period": {"start": "2026-02-27T22:00:00Z", "end": "2026-03-02"},
        }

        facts = record_facts(stay)

        assert facts is not None
        assert (facts.class_code, facts.ends_at) == ("IMP", datetime(2026, 3, 2, tzinfo=UTC))

    def test_of_two_people_is_each_ones_and_nobody_elses(self) -> None:
        couple = an_appointment("ada", "bob")

        found = [record_facts(couple, patient_id) for patient_id in patients_in(couple)]

        assert [facts.patient_id for facts in found if facts] == ["ada", "bob"]
        assert record_facts(couple, PatientId("eve")) is None

    @pytest.mark.parametrize("junk", [None, 7, "text", [7], {"coding": 7}, {"coding": [7, None]}, [[]]])
    def test_bears_junk_in_any_field(self, junk: Any) -> None:
        names = [name for name in an_hba1c() if name not in ("resourceType", "id", "status", "subject")]
        fields = [
            *names,
            "component",
            "valueCodeableConcept",
            "class",
            "verificationStatus",
            "clinicalStatus",
        ]

        found = [record_facts(an_hba1c(**{field: junk})) for field in fields]

        assert [facts.patient_id for facts in found if facts] == ["ada"] * (len(fields) - 1)


class TestProfile:
    def test_is_flattened(self) -> None:
        spoken = [
            {"language": concept(("urn:ietf:bcp:47", "es"))},
            {"language": concept(("urn:ietf:bcp:47", "en-US")), "preferred": True},
        ]
        address = [{"city": "Boston"}, {"city": "Chelsea"}]

        facts = profile_facts(a_patient(communication=spoken, address=address, active=False))

        assert facts is not None
        assert (facts.birth_date, facts.birth_month_day) == (date(2004, 2, 29), 229)
        assert (facts.language, facts.city, facts.is_active) == ("en-US", "Boston", False)

    def test_born_in_some_month_has_an_age_and_no_birthday(self) -> None:
        facts = profile_facts(a_patient(birthDate="2004-05"))

        assert facts is not None
        assert (facts.birth_date, facts.birth_month_day) == (date(2004, 5, 1), None)

    @pytest.mark.parametrize(
        ("said", "is_deceased", "died_at"),
        [
            ({"deceasedBoolean": True}, True, None),
            ({"deceasedBoolean": False}, False, None),
            ({"deceasedDateTime": "2026-03-02"}, False, datetime(2026, 3, 2, tzinfo=UTC)),
            ({"deceasedDateTime": "some day"}, True, None),
        ],
    )
    def test_knows_of_a_death(
        self, said: dict[str, Any], died_at: datetime | None, *, is_deceased: bool
    ) -> None:
        facts = profile_facts(a_patient(**said))

        assert facts is not None
        assert (facts.is_deceased, facts.died_at) == (is_deceased, died_at)

    @pytest.mark.parametrize(
        "field", ["birthDate", "gender", "address", "communication", "deceasedDateTime", "meta"]
    )
    @pytest.mark.parametrize("junk", [None, 7, [7], {"coding": 7}, [[]], [{"language": 7}]])
    def test_bears_junk_in_any_field(self, field: str, junk: Any) -> None:
        facts = profile_facts(a_patient(**{field: junk}))

        assert facts is not None
        assert facts.patient_id == "ada"

    def test_is_made_of_patients_only(self) -> None:
        assert profile_facts(an_hba1c()) is None
        assert profile_facts({"resourceType": "Patient"}) is None
