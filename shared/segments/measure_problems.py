"""What may be wrong with what a segment asks of measures: pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import isfinite

from shared.kernel.problems import Problem
from shared.segments.measured import LookAtMeasure, MeasureIs, MeasureOutline
from shared.segments.nesting import all_below, built_on, everywhere, measures_in
from shared.segments.rules import Rule, Segment, SegmentDraft

Look = Callable[[str], Segment | None]


def of_measures(
    segment_id: str, draft: SegmentDraft, look: Look, measured: LookAtMeasure
) -> Iterator[Problem]:
    """Give what is wrong with each rule about a measure, and whether one counts among this very segment."""
    for path, rule in everywhere(draft.rule, "rule"):
        if isinstance(rule, MeasureIs):
            yield from _of_one(rule, measured(rule.measure_id), path, is_live=draft.state == "live")
    if segment_id in beneath(draft.rule, look, measured).segments - set(built_on(draft.rule)):
        yield "rule", "builds on itself, by whom a measure counts among"


def _of_one(
    rule: MeasureIs, outline: MeasureOutline | None, path: str, *, is_live: bool
) -> Iterator[Problem]:
    if outline is None:
        yield f"{path}.measure_id", "no such measure"
        return
    if not outline.is_of_patients:
        yield f"{path}.measure_id", "a measure of all patients together"
    if is_live and not outline.is_live:
        yield f"{path}.measure_id", "a measure that is not live"
    if rule.calculation not in outline.calculations:
        yield f"{path}.calculation", "not a calculation of the measure"
    compares = rule.comparison not in ("set", "not_set")
    if compares and rule.calculation in outline.others:
        yield f"{path}.calculation", "not a number"
    if compares and (rule.threshold is None or not isfinite(rule.threshold)):
        yield f"{path}.threshold", "not a number to compare with"
    if not compares and rule.threshold is not None:
        yield f"{path}.threshold", "nothing to compare with"


@dataclass(slots=True)
class Beneath:
    """All that a rule rests on, however deep."""

    segments: set[str] = field(default_factory=set[str])
    measures: set[str] = field(default_factory=set[str])


def beneath(rule: Rule, look: Look, measured: LookAtMeasure) -> Beneath:
    """Name the segments and measures that a rule rests on, by way of one another; safe on circles."""
    nested = all_below(rule, look)
    found = Beneath(set(nested) | set(built_on(rule)))
    to_see = list(measures_in(rule, nested))
    while to_see:
        measure_id = to_see.pop()
        outline = None if measure_id in found.measures else measured(measure_id)
        found.measures.add(measure_id)
        if outline is None:
            continue
        to_see += outline.measures
        for segment_id in outline.segments:
            to_see += _entered(segment_id, found, look)
    return found


def _entered(segment_id: str, found: Beneath, look: Look) -> Iterator[str]:
    """Add a segment and what it builds on, and give the measures that those ask about."""
    segment = look(segment_id)
    found.segments.add(segment_id)
    if segment is not None:
        nested = all_below(segment.rule, look)
        found.segments |= set(nested) | set(built_on(segment.rule))
        yield from measures_in(segment.rule, nested)
