"""Segments that build on segments (SG-2): each is looked up by id, and a circle is never walked."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from shared.kernel.refusals import Conflict
from shared.segments.measured import Asked, MeasureIs
from shared.segments.rules import (
    AllOf,
    AnyOf,
    AnyTest,
    ButNot,
    HasRecords,
    Hop,
    InSegment,
    Kind,
    LeadsTo,
    OneOfThese,
    PatientLeadsTo,
    RecordTest,
    ResourceType,
    Rule,
    Segment,
)

DEEPEST = 5
"""How many segments may stand below one another."""
Path = tuple[Hop, ...]
Paths = Mapping[ResourceType | Literal["Patient"], frozenset[Path]]
"""Ways to other resources, by what they begin at."""
MOST_CONDITIONS = 200
"""Rules that are no groups and tests of records, those of nested segments as often as they are met."""


class NestedSegmentMissing(Conflict):
    """A segment that this one builds on is not there."""


class NestedTooDeep(Conflict):
    """A segment builds on itself, or on too much."""


@dataclass(frozen=True)
class Surroundings:
    """What a rule is read in: the segments around it, outermost first, and those that it may build on."""

    nested: Mapping[str, Segment]
    trail: tuple[Segment, ...]

    @cached_property
    def zone(self) -> tzinfo:
        name = self.zone_name
        return ZoneInfo(name) if name else UTC

    @property
    def zone_name(self) -> str | None:
        """Each segment's days are its own: one nested in another keeps its zone."""
        return self.trail[-1].time_zone

    def today(self, as_of: datetime) -> date:
        return as_of.astimezone(self.zone).date()

    def begins(self, day: date) -> datetime:
        """Give the instant at which a day begins here."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def inside(self, segment_id: str) -> "Surroundings":
        """Go into a nested segment. Raises `NestedSegmentMissing`."""
        found = self.nested.get(segment_id)
        if found is None:
            raise NestedSegmentMissing
        return replace(self, trail=(*self.trail, found))


def around(segment: Segment, nested: Mapping[str, Segment]) -> Surroundings:
    """Give what the segment's own rule is read in.

    Raises `NestedTooDeep`: what a segment builds on may have grown since that segment was kept.
    """
    extent = extent_of(segment.id, segment.rule, nested)
    if extent is None or extent.conditions > MOST_CONDITIONS:
        raise NestedTooDeep
    return Surroundings(nested, (segment,))


def parts_of(rule: Rule) -> tuple[Rule, ...]:
    """Give the rules of a group; of anything else, none."""
    match rule:
        case AllOf(rules=rules):
            return rules
        case AnyOf(alternatives=alternatives):
            return alternatives
        case ButNot(rule=first, but_not=second):
            return first, second
        case _:
            return ()


def everywhere(rule: Rule, path: str) -> Iterator[tuple[str, Rule]]:
    """Give the rule and all that stands in its groups, with the way to each as the fields are named."""
    yield path, rule
    for step, part in zip(_steps(rule), parts_of(rule), strict=True):
        yield from everywhere(part, f"{path}.{step}")


def _steps(rule: Rule) -> list[str]:
    match rule:
        case AllOf(rules=rules):
            return [f"rules.{number}" for number in range(len(rules))]
        case AnyOf(alternatives=alternatives):
            return [f"alternatives.{number}" for number in range(len(alternatives))]
        case ButNot():
            return ["rule", "but_not"]
        case _:
            return []


def leaves_of(rule: Rule) -> Iterator[Rule]:
    """Give the rules that are no groups, in order."""
    parts = parts_of(rule)
    if not isinstance(rule, AllOf | AnyOf | ButNot):
        yield rule
    for part in parts:
        yield from leaves_of(part)


def built_on(rule: Rule) -> tuple[str, ...]:
    """Name the segments that a rule builds on directly, each once."""
    named = (leaf.segment_id for leaf in leaves_of(rule) if isinstance(leaf, InSegment))
    return tuple(dict.fromkeys(named))


def all_below(rule: Rule, look: Callable[[str], Segment | None]) -> dict[str, Segment]:
    """Gather all segments that a rule builds on, however deep, by id; those that are not there are left out.

    Safe on circles. This is the `nested` that both evaluators ask for.
    """
    found: dict[str, Segment] = {}
    to_see = list(built_on(rule))
    while to_see:
        segment_id = to_see.pop()
        segment = None if segment_id in found else look(segment_id)
        if segment is not None:
            found[segment_id] = segment
            to_see += built_on(segment.rule)
    return found


@dataclass(frozen=True, slots=True)
class Extent:
    """How many segments stand below one another, and how many conditions there are in all."""

    depth: int
    conditions: int


def extent_of(segment_id: str, rule: Rule, nested: Mapping[str, Segment]) -> Extent | None:
    """Measure a segment with all that it builds on; None for one in a circle or more than `DEEPEST` deep.

    Each segment is measured once, however often it is built on. Those that are not there count for nothing.
    """
    return _measured(rule, nested, {}, (segment_id,))


def _measured(
    rule: Rule,
    nested: Mapping[str, Segment],
    known: dict[str, Extent | None],
    trail: tuple[str, ...],
) -> Extent | None:
    depth, conditions = 0, conditions_in(rule)
    for below in (leaf.segment_id for leaf in leaves_of(rule) if isinstance(leaf, InSegment)):
        if below in trail or len(trail) > DEEPEST:
            return None
        if below in nested and below not in known:
            known[below] = _measured(nested[below].rule, nested, known, (*trail, below))
        extent = known.get(below, Extent(0, 0))
        if extent is None or extent.depth >= DEEPEST:
            return None
        depth, conditions = max(depth, extent.depth + 1), conditions + extent.conditions
    return Extent(depth, conditions)


def types_in(rule: Rule, nested: Mapping[str, Segment]) -> frozenset[ResourceType]:
    """Name the types of records that a rule asks about, with what it builds on."""
    leaves = (leaf for each in (rule, *(one.rule for one in nested.values())) for leaf in leaves_of(each))
    return frozenset(leaf.resource for leaf in leaves if isinstance(leaf, HasRecords))


def names_people(rule: Rule, nested: Mapping[str, Segment]) -> bool:
    """Say whether a rule names patients, itself or in what it builds on."""
    rules = (rule, *(one.rule for one in nested.values()))
    return any(isinstance(leaf, OneOfThese) for each in rules for leaf in leaves_of(each))


def paths_in(rule: Rule, nested: Mapping[str, Segment]) -> Paths:
    """Name the ways that a rule goes to other resources, with what it builds on."""
    found: dict[ResourceType | Literal["Patient"], set[Path]] = defaultdict(set)
    for each in (rule, *(one.rule for one in nested.values())):
        for leaf in leaves_of(each):
            match leaf:
                case HasRecords(resource=resource, tests=tests):
                    found[resource] |= {test.by for test in tests if isinstance(test, LeadsTo)}
                case PatientLeadsTo(leads=leads):
                    found["Patient"].add(leads.by)
                case _:
                    continue
    return {start: frozenset(ways) for start, ways in found.items() if ways}


def walks_on(paths: Paths) -> Iterator[tuple[tuple[Kind | Literal["Patient"], Hop], ...]]:
    """Give each of the ways, each step with what it is taken from."""
    for start, ways in paths.items():
        for way in ways:
            yield tuple(zip((start, *(hop.to for hop in way)), way, strict=False))


def ways_together(*every: Paths) -> Paths:
    """Put together the ways of several."""
    found: dict[ResourceType | Literal["Patient"], frozenset[Path]] = {}
    for each in every:
        for start, ways in each.items():
            found[start] = found.get(start, frozenset()) | ways
    return found


def kinds_on(paths: Paths) -> frozenset[Kind]:
    """Name all kinds of resources that the ways come to."""
    return frozenset(hop.to for ways in paths.values() for way in ways for hop in way)


def measures_in(rule: Rule, nested: Mapping[str, Segment]) -> Asked:
    """Name what a rule asks of measures, with what it builds on."""
    asked: dict[str, set[str]] = defaultdict(set)
    for each in (rule, *(one.rule for one in nested.values())):
        for leaf in leaves_of(each):
            if isinstance(leaf, MeasureIs):
                asked[leaf.measure_id].add(leaf.calculation)
    return {measure_id: frozenset(names) for measure_id, names in asked.items()}


def conditions_in(rule: Rule) -> int:
    """Count the rules that are no groups, and the tests of records with them."""
    return sum(1 + _tests_in(leaf) for leaf in leaves_of(rule))


def _tests_in(leaf: Rule) -> int:
    match leaf:
        case HasRecords(tests=tests):
            return sum(map(_weight, tests))
        case PatientLeadsTo(leads=leads):
            return _weight(leads)
        case _:
            return 0


def _weight(test: RecordTest) -> int:
    match test:
        case AnyTest(tests=parts):
            return len(parts)
        case LeadsTo(by=by, tests=parts):
            return len(by) + len(parts)
        case _:
            return 1
