"""And, or, but not, and the population of another segment."""

from collections.abc import Callable, Iterator
from datetime import datetime

from shared.segments.facts import PatientFacts
from shared.segments.nesting import Surroundings
from shared.segments.questions.question import Boundaries, Question
from shared.segments.rules import AllOf, AnyOf, ButNot, InSegment, Rule

Compile = Callable[[Rule, Surroundings], Question]


def all_of(rule: AllOf, around: Surroundings, compile_one: Compile) -> Question:
    """Ask each until one does not hold."""
    parts = tuple(compile_one(part, around) for part in rule.rules)
    return Question(
        "all of these",
        lambda facts, as_of: all(part.holds(facts, as_of) for part in parts),
        _boundaries(parts),
        parts=parts,
    )


def any_of(rule: AnyOf, around: Surroundings, compile_one: Compile) -> Question:
    """Ask each until one holds."""
    parts = tuple(compile_one(part, around) for part in rule.alternatives)
    return Question(
        "at least one of these",
        lambda facts, as_of: any(part.holds(facts, as_of) for part in parts),
        _boundaries(parts),
        parts=parts,
    )


def but_not(rule: ButNot, around: Surroundings, compile_one: Compile) -> Question:
    """Ask the first, then the second."""
    first, second = compile_one(rule.rule, around), compile_one(rule.but_not, around)
    return Question(
        "the first of these but not the second",
        lambda facts, as_of: first.holds(facts, as_of) and not second.holds(facts, as_of),
        _boundaries((first, second)),
        parts=(first, second),
    )


def in_segment(rule: InSegment, around: Surroundings, compile_one: Compile) -> Question:
    """Ask what the other segment asks."""
    inside = around.inside(rule.segment_id)
    other = compile_one(inside.trail[-1].rule, inside)
    return Question(
        f"in the segment {rule.segment_id}",
        other.holds,
        other.boundaries,
        parts=(other,),
    )


def _boundaries(parts: tuple[Question, ...]) -> Boundaries:
    def boundaries(facts: PatientFacts, as_of: datetime) -> Iterator[datetime]:
        for part in parts:
            yield from part.boundaries(facts, as_of)

    return boundaries
