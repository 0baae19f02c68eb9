"""Spark finds whom DuckDB finds, by the same definitions over the same made-up people (D8, D16)."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, cast

import duckdb
import pytest

from shared.segments.population import sql_for
from shared.segments.rules import (
    AllOf,
    AnyOf,
    ButNot,
    HasRecords,
    Hop,
    LeadsTo,
    NameIs,
    PatientLeadsTo,
    Rule,
    Segment,
)
from tests.support.judges import named
from tests.support.segment_lake import empty_lake, holding_only, members
from tests.support.segment_strategies import MOMENTS, PROFILE_RULES, RECORD_RULES, WAYS, ZONES, crowd
from tests.support.spark import scene, spark_python, told_by_spark

AS_OF = MOMENTS[3]
PEOPLE = crowd(2026, AS_OF, 100)
EVERY = int(named("SPARK_EVERY") or "25")
"""Of each sort of rule the first, and then every so many-eth: all of them take Spark long."""
OF_SAME_CODE = LeadsTo(
    "leads_to", (Hop("code", "Organization", equal=True),), (), (NameIs("name", ("East",)),)
)
ALWAYS: tuple[Rule, ...] = (
    *(PatientLeadsTo("patient_leads_to", way) for way in WAYS["Patient"]),
    HasRecords("has_records", "Observation", tests=(OF_SAME_CODE,)),
)
"""Ways of every sort: of these there are few, and each is spelt otherwise."""
SINGLE = [
    *(rule for rules in (*RECORD_RULES.values(), PROFILE_RULES) for rule in rules[::EVERY]),
    *ALWAYS,
]
GROUPS = 80 // EVERY


def grouped(lots: Random) -> Rule:
    """Draw a tree of a few rules, so that they stand under AND, OR and NOT together."""
    one, two, three = (lots.choice(SINGLE) for _ in range(3))
    inner = lots.choice((AllOf("all_of", (one, two)), AnyOf("any_of", (one, two))))
    return lots.choice((ButNot("but_not", inner, three), AnyOf("any_of", (inner, three))))


def segments() -> Iterator[Segment]:
    lots = Random(7)  # noqa: S311  # no secret, but the same again
    for rule in (*SINGLE, *(grouped(lots) for _ in range(GROUPS))):
        yield Segment("it", 1, "it", rule, "live", lots.choice(ZONES))


SEGMENTS = list(segments())


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Any]:
    spark_python()
    asked = [sql_for(one, nested={}, dialect="spark") for one in SEGMENTS]
    scenes = [scene(PEOPLE, asked, AS_OF)]
    return told_by_spark({"scenes": scenes}, tmp_path_factory.mktemp("spark"))["scenes"][0]


@pytest.fixture(scope="module")
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_lake() as lake:
        yield lake


def found_in(told: Any) -> list[str]:
    """Read the patients out of an answer's rows; a refusal has none."""
    rows = cast("list[list[str]]", told) if isinstance(told, list) else []
    return sorted(row[0] for row in rows)


class TestSpark:
    def test_understands_every_question(self, answers: Sequence[Any]) -> None:
        assert [told for told in answers if not isinstance(told, list)] == []
        assert len(answers) == len(SEGMENTS)

    def test_finds_whom_duckdb_finds(self, answers: Sequence[Any], lake: duckdb.DuckDBPyConnection) -> None:
        holding_only(lake, PEOPLE)

        differing = [
            segment.rule
            for segment, told in zip(SEGMENTS, answers, strict=True)
            if found_in(told) != members(lake, segment, {}, AS_OF)
        ]

        assert differing == []
        assert any(answers)
