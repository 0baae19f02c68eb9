"""What a segment asks, in words that a nurse can read."""

import pytest

from shared.adapters.shipped_segments import PackagedSegments
from shared.fhir.criteria import Code, ComponentIs, ValueIs
from shared.segments.in_words import words_of
from shared.segments.nesting import leaves_of
from shared.segments.rules import (
    AnyTest,
    CodedValueIs,
    FieldIs,
    HasRecords,
    InSegment,
    IsMeasured,
    MoreThanDaysAgo,
    Upcoming,
    WithinDays,
)
from tests.rooms.segments.people import LOINC, NOON, ada, measured
from tests.rooms.segments.test_engine import asked

SNOMED = "http://snomed.info/sct"
DIABETES = Code(SNOMED, "44054006", "type 2 diabetes")
HBA1C = Code(LOINC, "4548-4", "HbA1c")
ACTIVE = FieldIs("field", "clinical_status", ("active", "recurrence", "relapse"))
ABOVE_7 = ValueIs("value", "above", 7.0, "%")
FLU = tuple(Code("http://hl7.org/fhir/sid/cvx", code, "influenza vaccine") for code in ("88", "140"))
UPPER = ComponentIs("component", (Code(LOINC, "8480-6", "systolic pressure"),), "at_least", 140, "mm[Hg]")
LOWER = ComponentIs("component", (Code(LOINC, "8462-4"),), "at_least", 90)

SAID: list[tuple[HasRecords, str]] = [
    (
        HasRecords("has_records", "Condition", (DIABETES,), (ACTIVE,)),
        "has an active condition: type 2 diabetes (44054006)",
    ),
    (
        HasRecords("has_records", "Immunization", FLU, when=WithinDays("within_days", 365), at_most=0),
        "has no immunisation of influenza vaccine (88, 140) within 365 days",
    ),
    (
        HasRecords("has_records", "Observation", (HBA1C,), (ABOVE_7,), pick="latest"),
        "latest HbA1c (4548-4) above 7 %",
    ),
    (
        HasRecords("has_records", "Observation", (HBA1C,), (ABOVE_7,), at_most=0, pick="latest"),
        "no latest HbA1c (4548-4) above 7 %",
    ),
    (
        HasRecords("has_records", "Observation", (HBA1C,), (IsMeasured("measured"),), at_least=2),
        "has at least 2 results of HbA1c (4548-4) with a measured value",
    ),
    (
        HasRecords("has_records", "Observation", tests=(AnyTest("any_test", (UPPER, LOWER)),)),
        "has a result either with systolic pressure (8480-6) at least 140 mmHg or with 8462-4 at least 90",
    ),
    (
        HasRecords("has_records", "Observation", tests=(CodedValueIs("coded_value", (DIABETES,)),)),
        "has a result with the value type 2 diabetes (44054006)",
    ),
    (
        HasRecords("has_records", "MedicationRequest", at_least=5, at_most=9, distinct_by="code"),
        "has 5 to 9 different prescriptions",
    ),
    (
        HasRecords("has_records", "Appointment", tests=(FieldIs("field", "status", ("booked", "pending")),)),
        "has a booked or pending appointment",
    ),
    (
        HasRecords("has_records", "Appointment", when=Upcoming("upcoming", 3), at_most=1),
        "has at most 1 appointment in the next 3 days",
    ),
    (
        HasRecords("has_records", "Procedure", when=MoreThanDaysAgo("more_than_days_ago", 9), dated_by="end"),
        "has a procedure ended more than 9 days ago",
    ),
    (
        HasRecords("has_records", "AllergyIntolerance", tuple(Code(SNOMED, str(n)) for n in range(7))),
        "has an allergy to 0 or 1 or 2 or 3 or 4 or 2 more",
    ),
]


class TestARule:
    @pytest.mark.parametrize(("rule", "said"), SAID, ids=[said for _, said in SAID])
    def test_is_said_plainly(self, rule: HasRecords, said: str) -> None:
        assert words_of(rule) == said

    def test_means_the_same_however_its_codes_are_shown(self) -> None:
        shown = HasRecords("has_records", "Observation", (Code(LOINC, "4548-4", "sugar"),), (ABOVE_7,))

        assert asked(shown).holds(ada(measured(8.0)), NOON)


class TestWhatShips:
    def test_speaks_of_no_code_without_its_name(self) -> None:
        drafts = PackagedSegments().drafts()

        rules = [leaf for draft in drafts.values() for leaf in leaves_of(draft.rule)]

        codes = [code for rule in rules if isinstance(rule, HasRecords) for code in rule.codes]
        assert codes
        assert [code.code for code in codes if not code.display] == []
        texts = [words_of(rule) for rule in rules if not isinstance(rule, InSegment)]  # pyright: ignore[reportArgumentType]  # groups are no leaves
        assert "latest HbA1c (4548-4) above 7 %" in texts
        assert "has a missed appointment within 365 days" in texts
