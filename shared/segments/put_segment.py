"""Keep a segment as its maker wants it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.announcements import Announcement
from shared.kernel.documents import (
    Change,
    Create,
    Document,
    Documents,
    Replace,
    announcing,
    as_seen,
    replacing,
)
from shared.kernel.refusals import Nonsense
from shared.segments.clinical import require_may_open
from shared.segments.definitions import drafted
from shared.segments.dependants import broken_by
from shared.segments.documents import (
    CURRENT,
    REFRESH,
    Refresh,
    looking_in,
    refresh_of,
    segment_partition,
    version_id,
)
from shared.segments.live_segments import LiveSegments
from shared.segments.measured import outlines_in
from shared.segments.model import RefreshSegment, SegmentChangedMeanwhile, SegmentIsThere
from shared.segments.nesting import all_below
from shared.segments.relationships import relationships_in
from shared.segments.rules import Segment, SegmentDraft
from shared.segments.singling_out import require_may_count

IN_FORCE_AFTER = timedelta(seconds=2)
"""When everybody has read the new definition, so that nobody decides by the old one after the refresh."""
MOST_NAMED = 10
MOST_BUILDING_ON_IT = 50
"""Segments told of a change within one; those beyond are refreshed when they are due."""


@dataclass(frozen=True, slots=True)
class KeptSegment:
    """The segment as kept, with the etag to change it by."""

    segment: Segment
    etag: str


@dataclass(frozen=True, slots=True)
class PutSegment:
    """Writes the segment as it now is and, where its rule is another, its next version.

    One that is there is changed only by whoever has seen it. What has gone live, changed while live, or left
    the live ones is refreshed at once, as are the live segments that build on it.
    """

    documents: Documents
    live: LiveSegments

    def __call__(
        self, draft: SegmentDraft, *, segment_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptSegment:
        """Keep it, or raise `Nonsense`, `SegmentIsThere` or `SegmentChangedMeanwhile`.

        Raises `NotToSingleOut`, and `OnlyOpenedByClinicalStaff` where who was in it would be told to those
        who may not know, because it asks about nothing clinical any more.
        """
        partition = segment_partition(segment_id)
        before = self.documents.look(partition, CURRENT, Segment)
        as_seen(before, if_match, is_there=SegmentIsThere, changed=SegmentChangedMeanwhile)
        old = before.body if before else None
        look, measured = looking_in(self.documents), outlines_in(self.documents)
        first = drafted(segment_id, draft, 1, look, measured, relationships_in(self.documents))
        segment = replace(first, version=_version(first, old))
        require_may_count(self.documents, segment.rule, all_below(segment.rule, look), caller)
        if old is not None and _asks_otherwise(old, segment):
            self._require_harmless(segment)
            require_may_open(self.documents, old.rule, segment.rule, caller)
        write = replacing(before, segment) if before else Create(CURRENT, segment)
        changes: list[Change] = [write]
        told = [audited(write, what="put_segment", subject=f"segment/{segment_id}", who=caller.who, now=now)]
        if old is None or old.version != segment.version:
            changes.append(Create(version_id(segment.version), segment))
        if _needs_refresh(old, segment):
            changes.append(_due_at_once(refresh_of(self.documents, segment_id), segment, now))
            told.append(refreshing(segment, write, now))
        if old is not None and _asks_otherwise(old, segment):
            told += self._of_those_building_on(segment, write, now)
        etags = self.documents.commit(partition, changes=changes, announcements=told)
        return KeptSegment(segment, etags[CURRENT])

    def _require_harmless(self, segment: Segment) -> None:
        """Raise `Nonsense` naming live segments that build on this one and could no longer be evaluated."""
        broken = list(islice(broken_by(self.documents, segment), MOST_NAMED))
        if broken:
            named = ", ".join(broken)
            raise Nonsense(("rule", f"too much or too deep for what builds on this segment: {named}"))

    def _of_those_building_on(
        self, segment: Segment, write: Create | Replace, now: datetime
    ) -> Sequence[Announcement]:
        outer = self.live.building_on(segment.id)[:MOST_BUILDING_ON_IT]
        return [refreshing(one.segment, write, now) for one in outer]


def _version(new: Segment, old: Segment | None) -> int:
    if old is None:
        return 1
    return old.version + _asks_otherwise(old, new)


def _asks_otherwise(old: Segment, new: Segment) -> bool:
    return (old.rule, old.time_zone) != (new.rule, new.time_zone)


def _needs_refresh(old: Segment | None, new: Segment) -> bool:
    if old is None:
        return new.state == "live"
    changed = old.state != new.state or _asks_otherwise(old, new)
    return changed and "live" in (old.state, new.state)


def _due_at_once(before: Document[Refresh] | None, segment: Segment, now: datetime) -> Create | Replace:
    """Note that it is due, so that the timer finds it should the announced refresh be lost."""
    if before is None:
        return Create(REFRESH, Refresh(segment.id, segment.version, next_at=now))
    return replacing(before, replace(before.body, version=segment.version, next_at=now))


def refreshing(segment: Segment, of: Create | Replace, now: datetime) -> Announcement:
    """Ask for a refresh; named for the write that made it necessary, in whichever segment or measure."""
    return announcing(
        RefreshSegment(segment.id, segment.version),
        of=of,
        named=f"{segment.id}~{of.id}~{of.version}~{now.isoformat()}",
        due_at=now + IN_FORCE_AFTER,
    )
