"""The two evaluators agree on every patient, and an answer stands as long as it says (D8)."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.segments.facts import PatientFacts
from shared.segments.one_patient import CompiledSegment, compiled
from shared.segments.rules import Rule, Segment
from tests.support.segment_lake import empty_lake, holding_only, members
from tests.support.segment_strategies import (
    MOMENTS,
    PROFILE_RULES,
    RECORD_RULES,
    TICK,
    TICKS,
    ZONES,
    crowd,
    segments,
)

Asked = tuple[Segment, dict[str, Segment]]
Stretch = tuple[datetime, datetime]
FAR = timedelta(days=800)
TELLING_DAYS = (0, 1, 2, 29, 30, 31, 59, 60, 61)
NEAR_DAYS = (0, 1, 2, 3, 29, 30, 31, 32, 33)
MIDNIGHTS = (0, 4, 5, 10)
"""Hours of UTC at which a day may begin in the zones that are drawn."""
MOST_STEPS = 60
MOST_PEOPLE = 40


@pytest.fixture(scope="module")
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_lake() as connection:
        yield connection


@st.composite
def scenes(draw: st.DrawFn, size: int = MOST_PEOPLE) -> tuple[datetime, Asked, list[PatientFacts]]:
    as_of = draw(st.sampled_from(MOMENTS))
    return as_of, draw(segments()), crowd(draw(st.integers(0, 10**9)), as_of, size)


def stretches(asked: CompiledSegment, facts: PatientFacts, as_of: datetime) -> Iterator[Stretch]:
    """Give from when until when the segment says its answer stands, one after the other, some way ahead."""
    began = as_of
    for _ in range(MOST_STEPS):
        ended = asked.changes_at(facts, began)
        yield began, ended or as_of + FAR
        if ended is None or ended > as_of + FAR:
            return
        began = ended


def telling_moments(as_of: datetime) -> list[datetime]:
    """Give the moments at which anything may change for the crowd, and their neighbours, in order."""
    midnight = as_of.replace(hour=0, minute=0, second=0, microsecond=0)
    edges = [as_of + timedelta(days=day) for day in TELLING_DAYS]
    edges += [midnight + timedelta(days=day, hours=hour) for day in NEAR_DAYS for hour in MIDNIGHTS]
    return sorted(edge + tick for edge in edges for tick in TICKS)


def disagreements(
    asked: CompiledSegment, facts: PatientFacts, as_of: datetime, moments: list[datetime]
) -> list[Stretch]:
    """Give the stretches in which the answer changes, though the segment says that it does not."""
    return [
        (began, ended)
        for began, ended in stretches(asked, facts, as_of)
        if len(answers_within(asked, facts, moments, began, ended)) > 1
    ]


def answers_within(
    asked: CompiledSegment, facts: PatientFacts, moments: list[datetime], began: datetime, ended: datetime
) -> set[bool]:
    between = moments[bisect_left(moments, began) : bisect_left(moments, ended)]
    return {asked.holds(facts, moment) for moment in (began, *between, ended - TICK)}


@dataclass(frozen=True, slots=True)
class Hall:
    """Many people in a lake, at one moment."""

    as_of: datetime
    people: list[PatientFacts]
    lake: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module", params=[MOMENTS[0], MOMENTS[3]], ids=["spring", "leap day"])
def hall(request: pytest.FixtureRequest) -> Iterator[Hall]:
    people = crowd(2026, request.param, 300)
    with empty_lake() as lake:
        holding_only(lake, people)
        yield Hall(request.param, people, lake)


SINGLE_RULES = RECORD_RULES | {"people": PROFILE_RULES}


class TestSingleRules:
    """Every kind of rule by itself, at every edge at once: what a drawn tree meets only now and then."""

    @pytest.mark.parametrize("rules", SINGLE_RULES.values(), ids=SINGLE_RULES)
    def test_are_answered_alike(self, hall: Hall, rules: Sequence[Rule]) -> None:
        for rule in rules:
            for zone in ZONES[1:] if rules is PROFILE_RULES else (None,):
                segment = Segment("it", 1, "it", rule, "live", zone)
                asked = compiled(segment, {})
                one_by_one = [
                    facts.profile.patient_id for facts in hall.people if asked.holds(facts, hall.as_of)
                ]

                assert members(hall.lake, segment, {}, hall.as_of) == one_by_one, segment

    @pytest.mark.parametrize("rules", SINGLE_RULES.values(), ids=SINGLE_RULES)
    def test_change_no_sooner_than_they_say(self, hall: Hall, rules: Sequence[Rule]) -> None:
        moments = telling_moments(hall.as_of)

        for number, rule in enumerate(rules):
            asked = compiled(Segment("it", 1, "it", rule, "live", ZONES[1 + number % 3]), {})
            for facts in hall.people[number % 10 :: 10]:
                assert disagreements(asked, facts, hall.as_of, moments) == [], (rule, facts)


class TestEvaluators:
    @settings(max_examples=100, deadline=None)
    @given(scene=scenes())
    def test_agree_on_every_patient(
        self, lake: duckdb.DuckDBPyConnection, scene: tuple[datetime, Asked, list[PatientFacts]]
    ) -> None:
        as_of, (segment, nested), everybody = scene
        asked = compiled(segment, nested)
        holding_only(lake, everybody)

        one_by_one = [facts.profile.patient_id for facts in everybody if asked.holds(facts, as_of)]

        assert members(lake, segment, nested, as_of) == sorted(one_by_one)


class TestChangesAt:
    @settings(max_examples=80, deadline=None)
    @given(scene=scenes(8))
    def test_lets_no_answer_change_before(self, scene: tuple[datetime, Asked, list[PatientFacts]]) -> None:
        as_of, (segment, nested), everybody = scene
        asked, moments = compiled(segment, nested), telling_moments(as_of)

        for facts in everybody:
            assert disagreements(asked, facts, as_of, moments) == []

    @settings(max_examples=80, deadline=None)
    @given(scene=scenes(8))
    def test_is_always_later(self, scene: tuple[datetime, Asked, list[PatientFacts]]) -> None:
        as_of, (segment, nested), everybody = scene
        asked = compiled(segment, nested)

        for facts in everybody:
            assert all(began < ended for began, ended in stretches(asked, facts, as_of))


class TestExplanation:
    @settings(max_examples=100, deadline=None)
    @given(scene=scenes(5))
    def test_says_what_is_so(self, scene: tuple[datetime, Asked, list[PatientFacts]]) -> None:
        as_of, (segment, nested), everybody = scene
        asked = compiled(segment, nested)

        for facts in everybody:
            why = asked.explain(facts, as_of)
            there = {f"{one.resource}/{one.id}" for found in facts.records.values() for one in found}

            assert why.holds == asked.holds(facts, as_of)
            assert set(why.records) <= there
