from datetime import timedelta
from typing import Any

import pytest

from shared.fhir.criteria import Code, ComponentIs, ValueIs
from shared.triggers.definitions import drafted
from shared.triggers.matching import CompiledTrigger, compiled
from shared.triggers.model import AnyOf, FieldIs, TriggerDraft
from tests.rooms.triggers.builders import ABOVE_SEVEN, LOINC, MONDAY, a_draft, an_hba1c, concept, quantity

SYSTOLIC = ComponentIs("component", (Code(LOINC, "8480-6"),), "at_least", 140)
DIASTOLIC = ComponentIs("component", (Code(LOINC, "8462-4"),), "at_least", 90)


def a_trigger(*conditions: Any, **more: Any) -> CompiledTrigger:
    return compiled(drafted("the-trigger", a_draft(*conditions, **more), 1))


def a_pressure(systolic: float, diastolic: float) -> dict[str, Any]:
    parts = [("8462-4", diastolic), ("8480-6", systolic)]
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": concept((LOINC, "55284-4")),
        "component": [
            {"code": concept((LOINC, code)), "valueQuantity": quantity(value, "mm[Hg]")}
            for code, value in parts
        ],
    }


class TestCompiledTrigger:
    def test_matches_any_coding_and_never_the_display(self) -> None:
        trigger = a_trigger()

        assert trigger.holds(an_hba1c(code=concept(("urn:local", "A1C"), (LOINC, "4548-4"))))
        assert not trigger.holds(an_hba1c(code=concept(("urn:local", "4548-4"))))
        assert not trigger.holds(an_hba1c(code={"text": "4548-4", "coding": [{"display": "4548-4"}]}))
        assert not trigger.holds(an_hba1c(code=None))

    @pytest.mark.parametrize("status", ["preliminary", "registered", "cancelled", "entered-in-error"])
    def test_counts_only_the_statuses_it_names(self, status: str) -> None:
        assert not a_trigger().holds(an_hba1c(status=status))

    def test_never_counts_what_was_entered_in_error_even_when_any_status_does(self) -> None:
        trigger = a_trigger(FieldIs("field", "status", ("entered-in-error", "final")), statuses=())

        assert trigger.holds(an_hba1c())
        assert not trigger.holds(an_hba1c(status="entered-in-error"))

    @pytest.mark.parametrize("verification", ["entered-in-error", "refuted"])
    def test_never_counts_a_condition_taken_back(self, verification: str) -> None:
        diabetes = Code("http://snomed.info/sct", "44054006")
        trigger = compiled(
            drafted("d", TriggerDraft("Diabetes", "Condition", "created", codes=(diabetes,)), 1)
        )
        condition = {"resourceType": "Condition", "code": concept((diabetes.system, diabetes.code))}
        taken_back = {"verificationStatus": concept(("http://terminology.hl7.org/x", verification))}

        assert trigger.holds(condition)
        assert not trigger.holds({**condition, **taken_back})

    def test_looks_where_the_type_keeps_its_code(self) -> None:
        metformin = Code("http://www.nlm.nih.gov/research/umls/rxnorm", "860975")
        draft = TriggerDraft("Metformin", "MedicationRequest", "created", codes=(metformin,))
        order = {
            "resourceType": "MedicationRequest",
            "medicationCodeableConcept": concept((metformin.system, metformin.code)),
        }

        assert compiled(drafted("m", draft, 1)).holds(order)

    @pytest.mark.parametrize(
        ("age", "is_fresh"), [(timedelta(days=90), True), (timedelta(days=90, seconds=1), False)]
    )
    def test_is_fresh_for_so_many_days_of_clinical_time(self, age: timedelta, is_fresh: bool) -> None:  # noqa: FBT001  # a table's column
        result = an_hba1c(effectiveDateTime=(MONDAY - age).isoformat())

        assert a_trigger(fresh_for_days=90).is_fresh(result, MONDAY) is is_fresh

    def test_takes_what_has_no_clinical_time_for_new(self) -> None:
        assert a_trigger().is_fresh(an_hba1c(effectiveDateTime=None), MONDAY)


class TestValueIs:
    @pytest.mark.parametrize(
        ("comparison", "held_by"),
        [("above", [7.1]), ("at_least", [7, 7.1]), ("below", [6.9]), ("at_most", [6.9, 7])],
    )
    def test_compares_with_the_threshold(self, comparison: Any, held_by: list[float]) -> None:
        trigger = a_trigger(ValueIs("value", comparison, 7.0))

        assert [value for value in (6.9, 7, 7.1) if trigger.holds(an_hba1c(value))] == held_by

    @pytest.mark.parametrize(
        ("comparison", "comparator", "value", "holds"),
        [
            ("above", ">", 14, True),
            ("above", ">", 7, True),
            ("above", ">=", 7, False),
            ("above", ">", 6, False),
            ("above", "<", 14, False),
            ("below", "<", 7, True),
            ("below", "<=", 7, False),
            ("below", ">", 3, False),
        ],
    )
    def test_believes_a_comparator_only_where_it_is_sure(
        self, comparison: Any, comparator: str, value: float, *, holds: bool
    ) -> None:
        result = an_hba1c(valueQuantity=quantity(value, comparator=comparator))

        assert a_trigger(ValueIs("value", comparison, 7.0)).holds(result) is holds

    def test_never_holds_of_another_unit(self) -> None:
        assert not a_trigger(ABOVE_SEVEN).holds(an_hba1c(valueQuantity=quantity(53, "mmol/mol")))

    @pytest.mark.parametrize("nothing", [None, {}, {"value": "8.1"}, {"value": True}, "8.1"])
    def test_never_holds_of_what_is_no_quantity(self, nothing: Any) -> None:
        assert not a_trigger(ABOVE_SEVEN).holds(an_hba1c(valueQuantity=nothing))


class TestComponentIs:
    def test_finds_the_component_by_its_code(self) -> None:
        trigger = a_trigger(SYSTOLIC, codes=(Code(LOINC, "55284-4"),))

        assert trigger.holds(a_pressure(140, 60))
        assert not trigger.holds(a_pressure(139, 200))


class TestAnyOf:
    @pytest.mark.parametrize(
        ("systolic", "diastolic", "holds"), [(139, 89, False), (140, 60, True), (100, 90, True)]
    )
    def test_holds_when_one_of_them_does(self, systolic: float, diastolic: float, *, holds: bool) -> None:
        trigger = a_trigger(AnyOf("any_of", (SYSTOLIC, DIASTOLIC)), codes=(Code(LOINC, "55284-4"),))

        assert trigger.holds(a_pressure(systolic, diastolic)) is holds


class TestFieldIs:
    def test_follows_a_path_through_objects_and_lists(self) -> None:
        trigger = a_trigger(FieldIs("field", "category.coding.code", ("laboratory",)))
        categories = [concept(("urn:x", "vital-signs")), concept(("urn:x", "laboratory"))]

        assert trigger.holds(an_hba1c(category=categories))
        assert not trigger.holds(an_hba1c(category=categories[:1]))
        assert not trigger.holds(an_hba1c(category="laboratory"))
