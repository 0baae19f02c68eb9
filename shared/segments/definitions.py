"""What a segment must be to be kept: pure."""

import re
from collections.abc import Callable, Iterator, Sequence

from shared.calendars.zones import is_zone
from shared.kernel.problems import NO_DEFINITION_ID, Problem, is_definition_id
from shared.kernel.refusals import Nonsense
from shared.segments.measure_problems import of_measures
from shared.segments.measured import LookAtMeasure, no_measures
from shared.segments.nesting import (
    DEEPEST,
    MOST_CONDITIONS,
    all_below,
    built_on,
    conditions_in,
    everywhere,
    extent_of,
    parts_of,
)
from shared.segments.path_problems import of_paths
from shared.segments.relationships import Relationship
from shared.segments.rule_problems import problems_of
from shared.segments.rules import Rule, Segment, SegmentDraft
from shared.segments.settle_ways import settled

DEEPEST_GROUPS = 20
LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")

Look = Callable[[str], Segment | None]


def drafted(
    segment_id: str,
    draft: SegmentDraft,
    version: int,
    look: Look,
    measured: LookAtMeasure = no_measures,
    added: Sequence[Relationship] = (),
) -> Segment:
    """Make the segment of a draft; `look` finds those it builds on, `measured` the measures it asks about.

    `added` are the relationships of the house's own; what the draft calls by their names stands in the
    segment in steps. Raises `Nonsense` naming all problems.
    """
    found = list(problems(segment_id, draft, look, measured, added))
    if found:
        raise Nonsense(*found)
    return Segment(
        id=segment_id,
        version=version,
        name=draft.name,
        rule=settled(draft.rule, added),
        state=draft.state,
        time_zone=draft.time_zone,
        description=draft.description,
    )


def problems(
    segment_id: str,
    draft: SegmentDraft,
    look: Look,
    measured: LookAtMeasure = no_measures,
    added: Sequence[Relationship] = (),
) -> Iterator[Problem]:
    """Give what is wrong, as field paths and reasons that never hold a value."""
    if not is_definition_id(segment_id):
        yield "segment_id", NO_DEFINITION_ID
    yield from _of_words("name", draft.name, LONGEST_NAME)
    if not draft.name.strip():
        yield "name", "missing"
    yield from _of_words("description", draft.description, LONGEST_DESCRIPTION)
    if draft.time_zone is not None and not is_zone(draft.time_zone):
        yield "time_zone", "not a time zone"
    yield from _of_rule(segment_id, draft.rule, look, added)
    yield from of_measures(segment_id, draft, look, measured)
    yield from of_paths(draft.rule, added)


def _of_words(field: str, said: str, longest: int) -> Iterator[Problem]:
    if len(said) > longest:
        yield field, f"longer than {longest} letters"
    if CONTROLS.search(said):
        yield field, "holds control characters"


def _of_rule(segment_id: str, draft: Rule, look: Look, added: Sequence[Relationship]) -> Iterator[Problem]:
    if _is_deeper(draft, DEEPEST_GROUPS):
        yield "rule", f"groups within groups more than {DEEPEST_GROUPS} deep"
        return
    rule = settled(draft, added)
    yield from (problem for path, part in everywhere(rule, "rule") for problem in problems_of(part, path))
    if conditions_in(rule) > MOST_CONDITIONS:
        yield "rule", f"more than {MOST_CONDITIONS} conditions"
        return
    yield from _of_nesting(segment_id, rule, look)


def _is_deeper(rule: Rule, most: int) -> bool:
    parts = parts_of(rule)
    return bool(parts) and (most == 0 or any(_is_deeper(part, most - 1) for part in parts))


def _of_nesting(segment_id: str, rule: Rule, look: Look) -> Iterator[Problem]:
    nested = all_below(rule, look)
    named = {one for each in (rule, *(segment.rule for segment in nested.values())) for one in built_on(each)}
    if named - nested.keys() - {segment_id}:
        yield "rule", "builds on a segment that is not there"
    if segment_id in named:
        yield "rule", "builds on itself"
        return
    extent = extent_of(segment_id, rule, nested)
    if extent is None:
        yield "rule", f"builds on segments more than {DEEPEST} deep"
    elif extent.conditions > MOST_CONDITIONS:
        yield "rule", f"more than {MOST_CONDITIONS} conditions with those of the segments it builds on"
