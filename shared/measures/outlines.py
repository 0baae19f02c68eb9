"""What segments are told of a measure, and which of them ask about it."""

from collections.abc import Iterator, Mapping, Sequence

from shared.kernel.documents import Change, Create, Documents, replacing
from shared.kernel.problems import Problem
from shared.measures.clinical import rests_on_clinical_data
from shared.measures.columns import columns_of
from shared.measures.documents import measure_partition
from shared.measures.formula import Calculation, Measure, Source
from shared.measures.ports import AboutValues
from shared.segments.documents import nested_in
from shared.segments.live_segments import LiveSegment
from shared.segments.measured import OUTLINE, Asked, MeasureOutline
from shared.segments.nesting import built_on, measures_in
from shared.segments.rules import Segment

COUNTING = frozenset({"count", "count_unique", "sum", "avg"})
"""What gives a number, whatever it is worked out from."""
MOST_NAMED = 10
MOST_ASKING = 50
"""Segments told of new values at once; those beyond are refreshed when they are due."""


def outline_of(measure: Measure, *, is_clinical: bool) -> MeasureOutline:
    """Give so much of a measure as segments must know."""
    numbers = [one.name for one in measure.calculations if _gives_a_number(one, measure.over)]
    others = [one.name for one in measure.calculations if one.name not in numbers]
    return MeasureOutline(
        measure.id,
        is_live=measure.state == "live",
        is_of_patients=measure.kind != "business",
        is_clinical=is_clinical,
        numbers=tuple(numbers),
        others=tuple(others),
        segments=built_on(measure.among) if measure.among else (),
        measures=tuple(measures_in(measure.among, {})) if measure.among else (),
    )


def keeping(documents: Documents, measure: Measure, *, worked_out: AboutValues | None = None) -> Change:
    """Give the write of a measure's outline.

    Until it has been worked out as it now is, what its former values rested on counts as well.
    """
    before = documents.look(measure_partition(measure.id), OUTLINE, MeasureOutline)
    was_clinical = worked_out is None and before is not None and before.body.is_clinical
    is_clinical = worked_out.is_clinical if worked_out else rests_on_clinical_data(documents, measure)
    outline = outline_of(measure, is_clinical=is_clinical or was_clinical)
    return replacing(before, outline) if before else Create(OUTLINE, outline)


def about_values(documents: Documents, measure: Measure) -> AboutValues:
    """Say what is to be kept with the values that are being worked out."""
    stand_ins = {one.name: one.null_as for one in measure.calculations if one.null_as is not None}
    return AboutValues(measure.version, rests_on_clinical_data(documents, measure), stand_ins)


def whom_asked(documents: Documents, measure: Measure) -> tuple[Mapping[str, Segment], Asked]:
    """Give the segments that `among` builds on, and what it asks of other measures."""
    if measure.among is None:
        return {}, {}
    nested = nested_in(documents, measure.among)
    return nested, measures_in(measure.among, nested)


def missed_by(users: Sequence[LiveSegment], measure: Measure) -> Iterator[Problem]:
    """Give why live segments that ask about a measure could no longer be evaluated were it so."""
    outline = outline_of(measure, is_clinical=False)
    asked = {name for one in users for name in one.measures[measure.id]}
    named = ", ".join(sorted(one.segment.id for one in users)[:MOST_NAMED])
    if users and not outline.is_live:
        yield "state", f"live segments ask about it: {named}"
    if users and not outline.is_of_patients:
        yield "kind", f"live segments ask about it: {named}"
    if asked - outline.calculations:
        yield "calculations", f"live segments ask about one that is missing: {named}"


def _gives_a_number(asked: Calculation, over: Source) -> bool:
    if asked.function in COUNTING or asked.component:
        return True
    return columns_of(over).get(asked.column or "") == "number"
