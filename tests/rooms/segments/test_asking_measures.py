"""What a segment may ask of measures, and what is refused (UN-14)."""

from dataclasses import replace

import pytest

from shared.kernel.refusals import Nonsense
from shared.measures.definitions import drafted as drafted_measure
from shared.measures.formula import Calculation, MeasureDraft, People
from shared.segments.definitions import problems
from shared.segments.measured import LookAtMeasure, MeasureIs, MeasureOutline
from shared.segments.one_patient import compiled
from shared.segments.rules import AllOf, InSegment, Rule, Segment
from tests.rooms.segments.people import ALIVE, NOON, a_draft, a_segment, ada

VISITS = MeasureOutline(
    "visits", is_live=True, is_of_patients=True, is_clinical=True, numbers=("n",), others=("last",)
)
MANY = MeasureIs("measure", "visits", "n", "above", 3.0)
EVERYBODY = MeasureDraft("Age", "attribute", People("people"), (Calculation("age", "max", "patient.age"),))


def knowing(*outlines: MeasureOutline) -> LookAtMeasure:
    return {one.measure_id: one for one in outlines}.get


def refused(rule: Rule, *outlines: MeasureOutline, state: str = "live", **others: Rule) -> list[str]:
    there = {name: a_segment(one, name) for name, one in others.items()}
    draft = a_draft(rule, state=state)
    return [path for path, _ in problems("it", draft, there.get, knowing(*outlines))]


class TestARule:
    @pytest.mark.parametrize(
        "rule",
        [
            MANY,
            replace(MANY, comparison="set", threshold=None),
            MeasureIs("measure", "visits", "last", "not_set"),
        ],
    )
    def test_about_a_live_measure_of_patients_is_kept(self, rule: Rule) -> None:
        assert refused(rule, VISITS) == []

    @pytest.mark.parametrize(
        ("rule", "outline", "path"),
        [
            (replace(MANY, measure_id="no-such"), VISITS, "rule.rules.1.measure_id"),
            (MANY, replace(VISITS, is_of_patients=False), "rule.rules.1.measure_id"),
            (MANY, replace(VISITS, is_live=False), "rule.rules.1.measure_id"),
            (replace(MANY, calculation="none"), VISITS, "rule.rules.1.calculation"),
            (replace(MANY, calculation="last"), VISITS, "rule.rules.1.calculation"),
            (replace(MANY, threshold=None), VISITS, "rule.rules.1.threshold"),
            (replace(MANY, threshold=float("nan")), VISITS, "rule.rules.1.threshold"),
            (replace(MANY, comparison="not_set"), VISITS, "rule.rules.1.threshold"),
        ],
    )
    def test_that_makes_no_sense_is_refused_where_it_stands(
        self, rule: Rule, outline: MeasureOutline, path: str
    ) -> None:
        assert refused(AllOf("all_of", (ALIVE, rule)), outline) == [path]

    def test_of_a_draft_may_ask_about_a_draft(self) -> None:
        assert refused(MANY, replace(VISITS, is_live=False), state="draft") == []


class TestACircle:
    """A measure may count among whom a segment holds, which may ask about a measure."""

    def test_through_whom_the_measure_counts_among_is_refused(self) -> None:
        assert refused(MANY, replace(VISITS, segments=("it",))) == ["rule"]

    def test_through_another_segment_and_another_measure_is_refused(self) -> None:
        costs = replace(VISITS, measure_id="costs", segments=("it",))

        assert refused(InSegment("in_segment", "b"), replace(VISITS, measures=("costs",)), costs, b=MANY) == [
            "rule"
        ]

    def test_that_is_none_is_kept(self) -> None:
        assert refused(MANY, replace(VISITS, segments=("b",), measures=("visits",)), b=ALIVE) == []

    def test_of_a_measure_with_itself_is_refused(self) -> None:
        inner = Segment("b", 1, "b", MANY, "live")

        with pytest.raises(Nonsense) as told:
            drafted_measure(
                "visits",
                replace(EVERYBODY, among=InSegment("in_segment", "b")),
                1,
                {"b": inner}.get,
                knowing(VISITS),
            )

        assert [path for path, _ in told.value.fields] == ["among"]


class TestAnExplanation:
    def test_says_what_is_asked_and_no_value(self) -> None:
        facts = replace(ada(), measures={"visits": ({"n": 4.0},)})

        why = compiled(a_segment(MANY), {}).explain(facts, NOON)

        assert (why.text, why.holds) == ("n of the measure visits is above 3", True)

    def test_of_what_is_not_set_says_so(self) -> None:
        rule = MeasureIs("measure", "visits", "last", "not_set")

        why = compiled(a_segment(rule), {}).explain(
            replace(ada(), measures={"visits": ({"last": None},)}), NOON
        )

        assert (why.text, why.holds) == ("last of the measure visits is not set", True)
