"""What the SQL works out is what plain Python works out of the same rows (D8, UN-14)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, get_args

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from shared.kernel.identity import PatientId
from shared.measures.columns import columns_of, is_dated
from shared.measures.definitions import problems
from shared.measures.formula import (
    Activities,
    Calculation,
    Dimension,
    Function,
    Measure,
    MeasureDraft,
    People,
    Records,
    Source,
)
from shared.measures.values_in_sql import sql_for
from shared.segments.facts import ActivityFacts, PatientFacts
from shared.segments.population import parameters
from shared.segments.rules import HasRecords, IsAlive, Rule, Segment
from tests.support.measures_by_hand import Answer, by_hand
from tests.support.segment_lake import empty_lake, holding_only
from tests.support.segment_strategies import (
    CODES,
    MOMENTS,
    RECORD_RULES,
    SPANS,
    TICK,
    TICKS,
    ZONES,
    crowd,
    rules,
)

SCENES = tuple((as_of, crowd(seed, as_of, 60)) for seed, as_of in enumerate(MOMENTS))
OFFSETS = tuple(sign * timedelta(days=days) + tick for sign in (-1, 1) for days in SPANS for tick in TICKS)
FUNCTIONS: tuple[Function, ...] = get_args(Function)
KINDS = ("attribute", "customer", "business")


def happenings(as_of: datetime) -> list[ActivityFacts]:
    """Make what happened with some of the crowd, at the edges of what is asked."""
    lots = Random(as_of.toordinal())  # noqa: S311  # no secret, but the same again
    return [
        ActivityFacts(
            id=f"a{number}",
            patient_id=PatientId(f"p{lots.randrange(70):03}"),
            deleted=lots.random() < 0.1,
            type=lots.choice(("orders", "calls")),
            source="it's",
            kind=lots.choice(("sales_order", "feedback")),
            event=lots.choice((None, "placed", "O'Brien's")),
            starts_at=as_of + lots.choice(OFFSETS),
            expires_at=lots.choice((None, as_of, as_of + TICK)),
        )
        for number in range(150)
    ]


HAPPENED = {as_of: happenings(as_of) for as_of in MOMENTS}


@pytest.fixture(scope="module")
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_lake() as connection:
        yield connection


@st.composite
def sources(draw: st.DrawFn) -> Source:
    if draw(st.integers(0, 5)) == 0:
        return People("people")
    if draw(st.integers(0, 3)) == 0:
        kinds = draw(st.sampled_from([(), ("orders",), ("calls", "orders")]))
        events = draw(st.sampled_from([(), ("O'Brien's",)]))
        windows = [one.when for one in RECORD_RULES["windows"] if isinstance(one, HasRecords)]
        return Activities("activities", kinds, events, draw(st.sampled_from(windows)))
    asked = [one for group in RECORD_RULES.values() for one in group if isinstance(one, HasRecords)]
    rule = draw(st.sampled_from(asked))
    when = rule.when if draw(st.booleans()) else None
    return Records("records", rule.resource, rule.codes, rule.tests, when, rule.dated_by)


@st.composite
def calculations(draw: st.DrawFn, over: Source, name: str) -> Calculation:
    columns, function = columns_of(over), draw(st.sampled_from(FUNCTIONS))
    component = CODES[:2] if isinstance(over, Records) and draw(st.integers(0, 4)) == 0 else ()
    column = None if component else draw(st.sampled_from([None, *columns]))
    by = draw(st.sampled_from(list(columns))) if function in ("arg_max", "arg_min") else None
    null_as = draw(st.sampled_from([None, None, 7.05, -1.0, "nobody's"]))
    return Calculation(name, function, column, component, by, null_as)


@st.composite
def dimensions(draw: st.DrawFn, over: Source) -> Dimension:
    column = draw(st.sampled_from(list(columns_of(over))))
    by: Any = draw(st.sampled_from([None, "day", "month", "year"]))
    return Dimension(column, by, draw(st.sampled_from([None, None, "none's"])))


def is_sound(draft: MeasureDraft) -> bool:
    return not list(
        problems("it", draft, lambda _: Segment("inner", 1, "inner", IsAlive("is_alive"), "live"))
    )


@st.composite
def measures(draw: st.DrawFn) -> Measure:
    """Draw one that could be kept: each part by itself, so that few draws are in vain."""
    over = draw(sources())
    zone = draw(st.sampled_from(ZONES))

    def alone(*found: Calculation, split: tuple[Dimension, ...] = ()) -> bool:
        counted = found or (Calculation("n", "count"),)
        return is_sound(MeasureDraft("it", "customer", over, counted, split))

    some = [draw(calculations(over, f"c{number}").filter(alone)) for number in range(3)]
    split = draw(st.lists(dimensions(over).filter(lambda one: alone(split=(one,))), max_size=2))
    split = [
        one for at, one in enumerate(split) if one.column not in {before.column for before in split[:at]}
    ]
    kind: Any = draw(st.sampled_from(KINDS))
    if kind == "attribute":
        some, split = some[:1], []
    among: Rule | None = draw(st.one_of(st.none(), rules("inner")))
    assert is_sound(MeasureDraft("it", kind, over, tuple(some), tuple(split), time_zone=zone))
    return Measure("it", 1, "it", kind, over, tuple(some), tuple(split), among, "live", None, zone)


def in_sql(
    lake: duckdb.DuckDBPyConnection, measure: Measure, as_of: datetime, nested: dict[str, Segment]
) -> Answer:
    found = lake.execute(sql_for(measure, nested=nested), parameters(as_of))
    names = [column[0] for column in found.description or ()]
    answer: Answer = {}
    for number, row in enumerate(sorted(found.fetchall()), start=1):
        told = dict(zip(names, row, strict=True))
        assert told.pop("place") == number
        key = tuple(_aware(value) for name, value in told.items() if not name.startswith("value."))
        assert key not in answer
        answer[key] = {
            name.removeprefix("value."): _aware(value)
            for name, value in told.items()
            if name.startswith("value.")
        }
    return answer


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def near(answer: Answer) -> dict[Any, Any]:
    """Let sums differ in their last bits, which hang on the order of adding."""
    return {
        key: pytest.approx(values, nan_ok=False)
        if all(isinstance(one, float | int) for one in values.values())
        else {
            name: pytest.approx(value) if isinstance(value, float) else value
            for name, value in values.items()
        }
        for key, values in answer.items()
    }


def assert_agree(
    lake: duckdb.DuckDBPyConnection,
    measure: Measure,
    scene: tuple[datetime, list[PatientFacts]],
    nested: dict[str, Segment],
) -> None:
    as_of, people = scene
    by_rows = by_hand(measure, people, as_of, nested, HAPPENED[as_of])
    assert in_sql(lake, measure, as_of, nested) == near(by_rows), measure


def every_calculation(over: Source) -> tuple[Calculation, ...]:
    """Give every function of every column it can be of."""
    columns: list[str | None] = [None, *columns_of(over)]
    by = "start" if is_dated(over) else "patient.birth_date"
    functions: tuple[Any, ...] = FUNCTIONS
    asked = [
        Calculation(f"c{number}", function, column, by=by if function.startswith("arg") else None)
        for number, (function, column) in enumerate(
            (function, column) for function in functions for column in columns
        )
    ]
    return tuple(one for one in asked if is_sound(MeasureDraft("it", "customer", over, (one,))))


class TestEveryFunction:
    @pytest.mark.parametrize("kind", ["customer", "business"])
    @pytest.mark.parametrize(
        "over",
        [
            People("people"),
            Records("records", "Observation"),
            Records("records", "Encounter", dated_by="end"),
        ],
        ids=["people", "observations", "encounters by their end"],
    )
    def test_of_every_column_is_answered_alike(
        self, lake: duckdb.DuckDBPyConnection, over: Source, kind: Any
    ) -> None:
        holding_only(lake, SCENES[3][1], HAPPENED[SCENES[3][0]])
        asked = every_calculation(over)

        assert len(asked) > 40
        for zone in ZONES[1:3]:
            assert_agree(lake, Measure("it", 1, "it", kind, over, asked, time_zone=zone), SCENES[3], {})

    @pytest.mark.parametrize("by", ["day", "month", "year"])
    @pytest.mark.parametrize("zone", ZONES[1:])
    def test_is_split_by_times_as_clocks_show_them(
        self, lake: duckdb.DuckDBPyConnection, by: Any, zone: str | None
    ) -> None:
        holding_only(lake, SCENES[4][1], HAPPENED[SCENES[4][0]])
        split = (
            Dimension("start", by),
            Dimension("patient.birth_date", by),
            Dimension("status", None, "none"),
        )
        counted = (Calculation("n", "count"),)

        over = Records("records", "Observation")
        assert_agree(
            lake, Measure("it", 1, "it", "business", over, counted, split, time_zone=zone), SCENES[4], {}
        )


class TestAnyMeasure:
    @settings(max_examples=60, deadline=None)
    @given(measure=measures(), scene=st.sampled_from(SCENES), inner=rules())
    def test_is_worked_out_alike(
        self,
        lake: duckdb.DuckDBPyConnection,
        measure: Measure,
        scene: tuple[datetime, list[PatientFacts]],
        inner: Rule,
    ) -> None:
        nested = {"inner": Segment("inner", 1, "inner", inner, "live")}
        holding_only(lake, scene[1], HAPPENED[scene[0]])

        assert_agree(lake, measure, scene, nested)


class TestInSpark:
    @pytest.mark.parametrize("over", [People("people"), Records("records", "Observation", CODES)])
    def test_every_calculation_can_be_read(self, over: Source) -> None:
        measure = Measure("it", 1, "it", "customer", over, every_calculation(over), time_zone="Europe/London")

        sql = sql_for(measure, nested={}, dialect="spark")

        assert sqlglot.parse_one(sql, dialect="spark").find(exp.ArgMax)
        assert "MAX_BY(" in sql
        assert "ARG_MAX" not in sql


def test_a_crowd_is_not_answered_with_nothing() -> None:
    as_of, people = SCENES[0]
    over = Records("records", "Observation", CODES[:1])
    among = HasRecords("has_records", "Encounter")
    measure = Measure("it", 1, "it", "customer", over, (Calculation("n", "count"),), among=among)

    assert len(by_hand(measure, people, as_of, {})) >= 3
