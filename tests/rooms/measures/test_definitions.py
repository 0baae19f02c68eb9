"""What a measure must be to be kept; refusals name fields, and never a value (UN-14)."""

from dataclasses import replace
from typing import Any

import pytest

from shared.fhir.criteria import Code, ValueIs
from shared.kernel.refusals import Nonsense
from shared.measures.definitions import MOST_CALCULATIONS, MOST_DIMENSIONS, drafted, problems
from shared.measures.formula import Activities, Calculation, Dimension, MeasureDraft, People, Records
from shared.segments.rules import AgeBetween, AllOf, InSegment, IsAlive, Segment, WithinDays

HBA1C = Records("records", "Observation", (Code("http://loinc.org", "4548-4"),))
LAST = Calculation("hba1c", "last", "value")
DRAFT = MeasureDraft("Latest HbA1c", "attribute", HBA1C, (LAST,))
ORDERS = Activities("activities", ("orders",), ("placed",), WithinDays("within_days", 30))
COUNTED = MeasureDraft("Orders", "customer", ORDERS, (Calculation("n", "count"),))
CUSTOMER = replace(DRAFT, kind="customer")
PHONE = "071-555-0132"
CONTROL = "a\x07bell"


def wrong(draft: MeasureDraft, measure_id: str = "latest-hba1c") -> set[str]:
    found = list(problems(measure_id, draft, segments))
    assert not [reason for _, reason in found if PHONE in reason]
    return {path for path, _ in found}


def segments(segment_id: str) -> Segment | None:
    return Segment("high", 1, "High", IsAlive("is_alive"), "live") if segment_id == "high" else None


def nothing(_segment_id: str) -> Segment | None:
    return None


def calculating(**more: Any) -> MeasureDraft:
    settled: dict[str, Any] = {"name": "it", "function": "count", **more}
    return replace(CUSTOMER, calculations=(Calculation(**settled),))


def split_by(*dimensions: Dimension) -> MeasureDraft:
    return replace(CUSTOMER, dimensions=dimensions)


class TestADraft:
    @pytest.mark.parametrize(
        "draft",
        [
            DRAFT,
            replace(CUSTOMER, among=InSegment("in_segment", "high"), time_zone="Europe/London"),
            calculating(function="avg", component=(Code("http://loinc.org", "8480-6"),), null_as=0.0),
            calculating(function="arg_max", column="status", by="start", null_as="unknown"),
            calculating(function="max", column="patient.birth_date"),
            split_by(
                Dimension("start", "month"), Dimension("patient.age"), Dimension("status", None, "none")
            ),
            MeasureDraft("Patients", "business", People("people"), (Calculation("n", "count"),)),
            MeasureDraft("Orders", "customer", ORDERS, (Calculation("last", "last", "event"),)),
        ],
    )
    def test_that_makes_sense_is_kept_as_it_is(self, draft: MeasureDraft) -> None:
        measure = drafted("it", draft, 3, segments)

        assert (measure.id, measure.version) == ("it", 3)
        assert measure.calculations == draft.calculations

    @pytest.mark.parametrize(
        ("draft", "paths"),
        [
            (replace(DRAFT, name=" "), {"name"}),
            (replace(DRAFT, name=CONTROL), {"name"}),
            (replace(DRAFT, time_zone="Mars/Olympus"), {"time_zone"}),
            (replace(DRAFT, calculations=()), {"calculations"}),
            (replace(DRAFT, calculations=(LAST, replace(LAST, name="other"))), {"calculations"}),
            (replace(CUSTOMER, calculations=(LAST, LAST)), {"calculations"}),
            (replace(DRAFT, dimensions=(Dimension("status"),)), {"dimensions"}),
            (replace(DRAFT, among=InSegment("in_segment", PHONE)), {"among"}),
            (replace(DRAFT, among=AgeBetween("age", 70, 60)), {"among"}),
            (
                replace(DRAFT, among=AllOf("all_of", (IsAlive("is_alive"), AllOf("all_of", ())))),
                {"among.rules.1"},
            ),
            (replace(DRAFT, over=replace(HBA1C, codes=(Code("http://loinc.org", " "),))), {"over.codes"}),
            (replace(DRAFT, over=replace(HBA1C, when=WithinDays("within_days", -1))), {"over.when.days"}),
            (replace(COUNTED, over=replace(ORDERS, types=("a b",))), {"over.types"}),
            (replace(COUNTED, over=replace(ORDERS, events=(CONTROL,))), {"over.events"}),
            (replace(COUNTED, over=replace(ORDERS, events=("e",) * 101)), {"over.events"}),
            (replace(COUNTED, over=replace(ORDERS, when=WithinDays("within_days", -1))), {"over.when.days"}),
            (replace(DRAFT, over=ORDERS), {"calculations.0.column"}),
            (
                replace(DRAFT, over=replace(HBA1C, tests=(ValueIs("value", "above", float("inf")),))),
                {"over.tests.0.threshold"},
            ),
        ],
    )
    def test_that_makes_none_is_refused(self, draft: MeasureDraft, paths: set[str]) -> None:
        assert wrong(draft) == paths

    @pytest.mark.parametrize("measure_id", ["", "Ada", "a b", "-a", "a" * 41])
    def test_needs_an_id_that_can_stand_in_a_path(self, measure_id: str) -> None:
        assert wrong(DRAFT, measure_id) == {"measure_id"}

    def test_is_no_larger_than_can_be_read(self) -> None:
        many = [replace(LAST, name=f"c{number}") for number in range(MOST_CALCULATIONS + 1)]
        columns = ("status", "code", "unit", "class", "intent", "patient.gender")

        assert wrong(replace(CUSTOMER, calculations=tuple(many))) == {"calculations"}
        assert wrong(replace(CUSTOMER, calculations=tuple(many[1:]))) == set()
        assert wrong(split_by(*map(Dimension, columns))) == {"dimensions"}
        assert wrong(split_by(*map(Dimension, columns[:MOST_DIMENSIONS]))) == set()

    def test_that_is_wrong_twice_is_told_both(self) -> None:
        with pytest.raises(Nonsense) as refused:
            drafted("it", replace(DRAFT, name="", calculations=()), 1, nothing)

        assert {path for path, _ in refused.value.fields} == {"name", "calculations"}


class TestACalculation:
    @pytest.mark.parametrize(
        ("asked", "path"),
        [
            ({"name": "HbA1c"}, "name"),
            ({"name": PHONE}, "name"),
            ({"function": "sum"}, "column"),
            ({"function": "sum", "column": "status"}, "column"),
            ({"function": "avg", "column": "start"}, "column"),
            ({"function": "max", "column": "patient.is_active"}, "column"),
            ({"column": PHONE}, "column"),
            ({"column": "patient_id"}, "column"),
            ({"column": "value", "component": (Code("s", "c"),)}, "component"),
            ({"function": "max", "component": (Code("s", CONTROL),)}, "component"),
            ({"function": "arg_max", "column": "value"}, "by"),
            ({"function": "arg_max", "column": "value", "by": "patient.is_active"}, "by"),
            ({"function": "max", "column": "value", "by": "start"}, "by"),
            ({"function": "max", "column": "value", "null_as": "none"}, "null_as"),
            ({"function": "max", "column": "value", "null_as": float("nan")}, "null_as"),
            ({"function": "max", "column": "status", "null_as": 0.0}, "null_as"),
            ({"function": "max", "column": "status", "null_as": CONTROL}, "null_as"),
            ({"function": "max", "column": "start", "null_as": "2026-01-01"}, "null_as"),
            ({"null_as": 1.0}, "null_as"),
        ],
    )
    def test_that_cannot_be_worked_out_is_refused(self, asked: dict[str, Any], path: str) -> None:
        assert wrong(calculating(**asked)) == {f"calculations.0.{path}"}

    @pytest.mark.parametrize("function", ["first", "last"])
    def test_of_people_has_no_first_and_no_last(self, function: str) -> None:
        draft = replace(calculating(function=function, column="patient.age"), over=People("people"))

        assert wrong(draft) == {"calculations.0.function"}

    def test_of_components_is_over_observations(self) -> None:
        draft = calculating(function="max", component=(Code("s", "c"),))

        assert wrong(replace(draft, over=Records("records", "Encounter"))) == {"calculations.0.component"}

    def test_speaks_of_the_columns_of_what_it_is_over(self) -> None:
        draft = calculating(column="status")

        assert wrong(replace(draft, over=People("people"))) == {"calculations.0.column"}


class TestADimension:
    @pytest.mark.parametrize(
        ("asked", "path"),
        [
            (Dimension(PHONE), "column"),
            (Dimension("value"), "column"),
            (Dimension("start"), "by"),
            (Dimension("patient.birth_date"), "by"),
            (Dimension("status", "day"), "by"),
            (Dimension("start", "day", "never"), "null_as"),
            (Dimension("patient.age", None, "unknown"), "null_as"),
            (Dimension("status", None, CONTROL), "null_as"),
        ],
    )
    def test_that_says_nothing_is_refused(self, asked: Dimension, path: str) -> None:
        assert wrong(split_by(asked)) == {f"dimensions.0.{path}"}

    def test_stands_only_once(self) -> None:
        assert wrong(split_by(Dimension("start", "day"), Dimension("start", "year"))) == {"dimensions"}
