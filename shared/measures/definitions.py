"""What a measure must be to be kept: pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isfinite

from shared.fhir.criteria import Code
from shared.kernel.problems import NO_DEFINITION_ID, Problem, is_definition_id
from shared.kernel.refusals import Nonsense
from shared.measures.columns import SPLITTABLE_NUMBERS, TIMES, columns_of, is_dated
from shared.measures.formula import (
    Activities,
    Calculation,
    Dimension,
    Measure,
    MeasureDraft,
    People,
    Records,
    Source,
)
from shared.segments.definitions import Look
from shared.segments.definitions import problems as segment_problems
from shared.segments.measure_problems import beneath
from shared.segments.measured import LookAtMeasure, no_measures
from shared.segments.nesting import all_below, names_people
from shared.segments.relationships import Relationship
from shared.segments.rules import Everyone, HasRecords, Rule, Segment, SegmentDraft
from shared.segments.settle_ways import settled, settled_tests

MOST_CALCULATIONS = 20
MOST_DIMENSIONS = 5
MOST_OPTIONS = 100
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST_NULL = 200
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
NOBODY = "~"
"""An id that no segment has."""
OF_NUMBERS = frozenset({"sum", "avg"})
COMPARED = frozenset({"max", "min"})
DATED = frozenset({"first", "last"})
PLACED = frozenset({"arg_max", "arg_min"})


def drafted(
    measure_id: str,
    draft: MeasureDraft,
    version: int,
    look: Look,
    measured: LookAtMeasure = no_measures,
    added: Sequence[Relationship] = (),
) -> Measure:
    """Make the measure of a draft; `look` finds the segments it builds on, `measured` the measures.

    `added` are the relationships of the house's own. Raises `Nonsense` naming all problems.
    """
    found = list(problems(measure_id, draft, look, measured, added))
    if found:
        raise Nonsense(*found)
    return Measure(
        id=measure_id,
        version=version,
        name=draft.name,
        kind=draft.kind,
        over=_settled(draft.over, added),
        calculations=draft.calculations,
        dimensions=draft.dimensions,
        among=settled(draft.among, added) if draft.among else None,
        state=draft.state,
        refresh=draft.refresh,
        time_zone=draft.time_zone,
        description=draft.description,
    )


def problems(
    measure_id: str,
    draft: MeasureDraft,
    look: Look,
    measured: LookAtMeasure = no_measures,
    added: Sequence[Relationship] = (),
) -> Iterator[Problem]:
    """Give what is wrong, as field paths and reasons that never hold a value."""
    if not is_definition_id(measure_id):
        yield "measure_id", NO_DEFINITION_ID
    among = draft.among or Everyone("everyone")
    yield from _as_of_segments(draft, among, look, measured, added, {"rule": "among"})
    if names_people(among, all_below(among, look)):
        yield "among", "names people"
    if measure_id in beneath(among, look, measured).measures:
        yield "among", "rests on this very measure"
    if not isinstance(draft.over, People):
        yield from _of_rows(draft, draft.over, added)
    if isinstance(draft.over, Activities):
        yield from _of_activities(draft.over)
    yield from _of_shape(draft)
    for number, calculation in enumerate(draft.calculations):
        yield from _of_calculation(calculation, draft.over, f"calculations.{number}")
    for number, dimension in enumerate(draft.dimensions):
        yield from _of_dimension(dimension, draft.over, f"dimensions.{number}")


def rows_asked(over: Records | Activities) -> HasRecords:
    """Give the rule of segments that finds the same rows; of activities, by their time alone."""
    if isinstance(over, Activities):
        return HasRecords("has_records", "Encounter", when=over.when)
    return HasRecords(
        "has_records",
        over.resource,
        codes=over.codes,
        tests=over.tests,
        when=over.when,
        dated_by=over.dated_by,
    )


def _as_of_segments(
    draft: MeasureDraft,
    rule: Rule,
    look: Look,
    measured: LookAtMeasure,
    added: Sequence[Relationship],
    renamed: dict[str, str],
) -> Iterator[Problem]:
    """Find what would be wrong with a segment of the same name, zone and rule; its paths are then ours."""
    named = SegmentDraft(draft.name, rule, draft.state, draft.time_zone, draft.description)
    for path, reason in segment_problems(NOBODY, named, look, measured, added):
        first, dot, rest = path.partition(".")
        if first != "segment_id":
            yield f"{renamed.get(first, first)}{dot}{rest}", reason


def _of_rows(
    draft: MeasureDraft, over: Records | Activities, added: Sequence[Relationship]
) -> Iterator[Problem]:
    found = _as_of_segments(draft, rows_asked(over), _nobody, no_measures, added, {"rule": "over"})
    yield from ((path, reason) for path, reason in found if path.partition(".")[0] == "over")


def _settled(over: Source, added: Sequence[Relationship]) -> Source:
    """Put the steps that are meant in the place of relationships' names, as in a segment."""
    if not isinstance(over, Records):
        return over
    return replace(over, tests=settled_tests(over.tests, over.resource, added))


def _nobody(_segment_id: str) -> Segment | None:
    return None


def _of_activities(over: Activities) -> Iterator[Problem]:
    if len(over.types) > MOST_OPTIONS or not all(is_definition_id(one) for one in over.types):
        yield "over.types", f"not up to {MOST_OPTIONS} ids of types"
    if len(over.events) > MOST_OPTIONS or not all(map(_is_short_text, over.events)):
        yield "over.events", f"not up to {MOST_OPTIONS} texts of up to {LONGEST_NULL} letters"


def _is_short_text(given: str) -> bool:
    return bool(given.strip()) and len(given) <= LONGEST_NULL and not CONTROLS.search(given)


def _of_shape(draft: MeasureDraft) -> Iterator[Problem]:
    if not draft.calculations:
        yield "calculations", "missing"
    if len(draft.calculations) > MOST_CALCULATIONS:
        yield "calculations", f"more than {MOST_CALCULATIONS}"
    if len(draft.dimensions) > MOST_DIMENSIONS:
        yield "dimensions", f"more than {MOST_DIMENSIONS}"
    if any(count > 1 for count in Counter(one.name for one in draft.calculations).values()):
        yield "calculations", "two of the same name"
    if any(count > 1 for count in Counter(one.column for one in draft.dimensions).values()):
        yield "dimensions", "the same twice"
    if draft.kind == "attribute" and len(draft.calculations) > 1:
        yield "calculations", "an attribute is one value"
    if draft.kind == "attribute" and draft.dimensions:
        yield "dimensions", "an attribute has none"


def _of_calculation(asked: Calculation, over: Source, path: str) -> Iterator[Problem]:
    if not NAME.fullmatch(asked.name):
        yield f"{path}.name", "not up to 40 small letters, digits and low lines, a letter first"
    if asked.component:
        yield from _of_component(asked, over, path)
    elif asked.column is None and asked.function != "count":
        yield f"{path}.column", "missing"
    elif asked.column is not None and asked.column not in columns_of(over):
        yield f"{path}.column", "not a column of what it is over"
    else:
        yield from _of_function(asked, over, path)
    yield from _of_by(asked, over, path)


def _of_component(asked: Calculation, over: Source, path: str) -> Iterator[Problem]:
    if asked.column is not None:
        yield f"{path}.component", "a column is asked for already"
    if not isinstance(over, Records) or over.resource != "Observation":
        yield f"{path}.component", "only Observations have components"
    elif _cannot_be(asked.component):
        yield f"{path}.component", "not codes of a component"
    else:
        yield from _of_function(asked, over, path)


def _cannot_be(codes: tuple[Code, ...]) -> bool:
    spelt = [text for code in codes for text in (code.system, code.code)]
    return len(codes) > LONGEST_NULL or any(len(one) > LONGEST_NULL or CONTROLS.search(one) for one in spelt)


def _of_function(asked: Calculation, over: Source, path: str) -> Iterator[Problem]:
    holds = "number" if asked.component else columns_of(over).get(asked.column or "")
    if asked.function in OF_NUMBERS and holds != "number":
        yield f"{path}.column", "not a number"
    if asked.function in COMPARED and holds == "truth":
        yield f"{path}.column", "neither more nor less"
    if asked.function in DATED and not is_dated(over):
        yield f"{path}.function", "these rows have no date"
    if asked.null_as is None:
        return
    if isinstance(asked.null_as, str):
        fits = holds == "text" and len(asked.null_as) <= LONGEST_NULL and not CONTROLS.search(asked.null_as)
    else:
        fits = holds == "number" and isfinite(asked.null_as)
    if not fits:
        yield f"{path}.null_as", "not what the column holds"


def _of_by(asked: Calculation, over: Source, path: str) -> Iterator[Problem]:
    if asked.function in PLACED and asked.by is None:
        yield f"{path}.by", "missing"
    if asked.by is None:
        return
    if asked.function not in PLACED:
        yield f"{path}.by", "only of arg_max and arg_min"
    elif columns_of(over).get(asked.by) in (None, "truth"):
        yield f"{path}.by", "not a column to go by"


def _of_dimension(asked: Dimension, over: Source, path: str) -> Iterator[Problem]:
    holds = columns_of(over).get(asked.column)
    if holds is None:
        yield f"{path}.column", "not a column of what it is over"
        return
    if holds == "number" and asked.column not in SPLITTABLE_NUMBERS:
        yield f"{path}.column", "too many different numbers"
    if holds in TIMES and asked.by is None:
        yield f"{path}.by", "missing: by days, months or years"
    if holds not in TIMES and asked.by is not None:
        yield f"{path}.by", "not a time"
    if asked.null_as is None:
        return
    if holds != "text" or len(asked.null_as) > LONGEST_NULL or CONTROLS.search(asked.null_as):
        yield f"{path}.null_as", "not what the column holds"
