"""The segments in force, compiled, by the types of resource they ask about."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from shared.kernel.clock import Clock
from shared.kernel.documents import Documents
from shared.kernel.refusals import Conflict
from shared.segments.documents import nested_in, segment_at, segments_in_state
from shared.segments.measured import Asked
from shared.segments.nesting import Paths, kinds_on, measures_in, paths_in, types_in
from shared.segments.one_patient import CompiledSegment, compiled
from shared.segments.rules import Everyone, ResourceType, Segment

log = logging.getLogger(__name__)

LAST = timedelta(seconds=1)
"""How long what was read is believed, in machine time: an edit works within two seconds everywhere."""

Versions = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """A segment with what it builds on, compiled.

    `types` are the records it asks about, beside Patient; `measures`, which of their calculations;
    `paths`, by which ways it goes to other resources.
    """

    segment: Segment
    nested: Mapping[str, Segment]
    compiled: CompiledSegment
    types: frozenset[ResourceType]
    measures: Asked
    paths: Paths

    @property
    def is_live(self) -> bool:
        return self.segment.state == "live"

    def is_same_as(self, other: "LiveSegment") -> bool:
        """Say whether both decide alike: the same versions in the same state."""
        return self.segment == other.segment and self.nested == other.nested


class LiveSegments:
    """Reads the definitions at most once a second and compiles them anew only where one has changed.

    Losing all of this costs a read, never a membership.
    """

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._lock = Lock()
        self._read_at: datetime | None = None
        self._compiled: dict[Versions, LiveSegment] = {}
        self._live: Sequence[LiveSegment] = ()
        self._by_type: Mapping[str, Sequence[LiveSegment]] = {}

    def all(self) -> Sequence[LiveSegment]:
        """Give the live segments."""
        with self._lock:
            self._refresh()
            return self._live

    def watching(self, resource_type: str) -> Sequence[LiveSegment]:
        """Give the live segments that a change of this type of resource may concern: a Patient, all."""
        with self._lock:
            self._refresh()
            return self._by_type.get(resource_type, ())

    def building_on(self, segment_id: str) -> Sequence[LiveSegment]:
        """Give the live segments that take in another one."""
        return [live for live in self.all() if segment_id in live.nested]

    def asking(self, measure_id: str) -> Sequence[LiveSegment]:
        """Give the live segments that ask about a measure, themselves or in what they build on."""
        return [live for live in self.all() if measure_id in live.measures]

    def as_it_is(self, segment_id: str) -> LiveSegment:
        """Give a segment in whatever state, as of this moment. Raises `NoSuchSegment`.

        One that cannot be evaluated (two edits at once made a ring of it) counts as expired: all leave.
        """
        segment = segment_at(self._documents, segment_id).body
        return next(iter(self._sound(segment)), _set_aside(segment))

    def _refresh(self) -> None:
        now = self._clock.real()
        if self._read_at is not None and timedelta() <= now - self._read_at < LAST:
            return
        live = [
            ready for segment in segments_in_state(self._documents, "live") for ready in self._sound(segment)
        ]
        by_type: dict[str, list[LiveSegment]] = defaultdict(list)
        for one in live:
            for type_ in {"Patient", *one.types, *kinds_on(one.paths)}:
                by_type[type_].append(one)
        self._compiled = {_versions(one.segment, one.nested): one for one in live}
        self._live, self._by_type, self._read_at = live, by_type, now

    def _sound(self, segment: Segment) -> Sequence[LiveSegment]:
        """Leave out one that cannot be evaluated, so that it stops none of the others."""
        try:
            return [self._ready(segment)]
        except Conflict as conflict:
            log.warning(
                "segments.segment.unsound", extra={"segment": segment.id, "reason": type(conflict).__name__}
            )
            return []

    def _ready(self, segment: Segment) -> LiveSegment:
        nested = nested_in(self._documents, segment.rule)
        known = self._compiled.get(_versions(segment, nested))
        if known is not None and known.segment == segment:
            return known
        return LiveSegment(
            segment,
            nested,
            compiled(segment, nested),
            types_in(segment.rule, nested),
            measures_in(segment.rule, nested),
            paths_in(segment.rule, nested),
        )


def _set_aside(segment: Segment) -> LiveSegment:
    nobodys = replace(segment, state="expired", rule=Everyone("everyone"))
    return LiveSegment(nobodys, {}, compiled(nobodys, {}), frozenset(), {}, {})


def _versions(segment: Segment, nested: Mapping[str, Segment]) -> Versions:
    return ((segment.id, segment.version), *sorted((one.id, one.version) for one in nested.values()))
