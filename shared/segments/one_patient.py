"""Whether one patient is in a segment now, why, and until when at least: closures over their facts (D8b)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.segments.facts import PatientFacts
from shared.segments.measured import MeasureIs
from shared.segments.nesting import Surroundings, around
from shared.segments.questions import groups, measures, paths, profile, records
from shared.segments.questions.question import Question
from shared.segments.rules import AllOf, AnyOf, ButNot, HasRecords, InSegment, PatientLeadsTo, Rule, Segment


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a rule holds or not, mirroring the rule: `records` (`Observation/8`) are those that made it so.

    The text speaks of the rule only, never of the patient's values.
    """

    text: str
    holds: bool
    records: tuple[str, ...] = ()
    parts: tuple["Explanation", ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledSegment:
    """A segment and its three questions. `as_of` is an aware instant."""

    segment: Segment
    question: Question

    def holds(self, facts: PatientFacts, as_of: datetime) -> bool:
        """Say whether the patient is in it; somebody whose record has been deleted is in none."""
        return not facts.profile.deleted and self.question.holds(facts, as_of)

    def explain(self, facts: PatientFacts, as_of: datetime) -> Explanation:
        """Say why."""
        said = _explained(self.question, facts, as_of)
        if facts.profile.deleted:
            return Explanation("has a record that is still there", holds=False, parts=(said,))
        return said

    def changes_at(self, facts: PatientFacts, as_of: datetime) -> datetime | None:
        """Give the first instant after `as_of` at which time alone may change the answer; None for never.

        Until then the same facts give the same answer; then they need not give another.
        """
        if facts.profile.deleted:
            return None
        return min((at for at in self.question.boundaries(facts, as_of) if at > as_of), default=None)


def compiled(segment: Segment, nested: Mapping[str, Segment]) -> CompiledSegment:
    """Compile a segment; `nested` holds all those it builds on, by id (`nesting.all_below`).

    Raises `NestedSegmentMissing` and `NestedTooDeep`.
    """
    return CompiledSegment(segment, _compiled(segment.rule, around(segment, nested)))


def _compiled(rule: Rule, surroundings: Surroundings) -> Question:  # noqa: PLR0911  # one question per kind of rule
    match rule:
        case HasRecords():
            return records.compiled(rule)
        case PatientLeadsTo():
            return paths.compiled(rule)
        case MeasureIs():
            return measures.compiled(rule)
        case AllOf():
            return groups.all_of(rule, surroundings, _compiled)
        case AnyOf():
            return groups.any_of(rule, surroundings, _compiled)
        case ButNot():
            return groups.but_not(rule, surroundings, _compiled)
        case InSegment():
            return groups.in_segment(rule, surroundings, _compiled)
        case _:
            return profile.compiled(rule, surroundings)


def _explained(question: Question, facts: PatientFacts, as_of: datetime) -> Explanation:
    return Explanation(
        question.text,
        question.holds(facts, as_of),
        question.records(facts, as_of),
        tuple(_explained(part, facts, as_of) for part in question.parts),
    )
