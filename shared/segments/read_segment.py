"""Show one segment."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Document, Documents
from shared.segments.documents import nested_in, refresh_of, segment_at
from shared.segments.rules import Segment
from shared.segments.singling_out import may_count


@dataclass(frozen=True, slots=True)
class SegmentShown:
    """A segment as it now is, and how its last refresh ended: None before the first.

    `members` were in it then: None also of one that names people and asks about clinical data, for whoever
    may see none; `complete_up_to` is how far the lake had followed the record.
    """

    segment: Segment
    members: int | None
    refreshed_at: datetime | None
    complete_up_to: datetime | None
    next_refresh_at: datetime | None
    etag: str


@dataclass(frozen=True, slots=True)
class ReadSegment:
    """Gives a segment, its size, and the etag to change it by."""

    documents: Documents

    def __call__(self, *, segment_id: str, caller: Caller) -> SegmentShown:
        """Give it, or raise `NoSuchSegment`."""
        return shown(self.documents, segment_at(self.documents, segment_id), caller)


def shown(documents: Documents, found: Document[Segment], caller: Caller) -> SegmentShown:
    segment, kept = found.body, refresh_of(documents, found.body.id)
    refresh = kept.body if kept else None
    counts = may_count(documents, segment.rule, nested_in(documents, segment.rule), caller)
    return SegmentShown(
        segment=segment,
        members=refresh.population if refresh and counts else None,
        refreshed_at=refresh.refreshed_at if refresh else None,
        complete_up_to=refresh.complete_up_to if refresh else None,
        next_refresh_at=refresh.next_at if refresh else None,
        etag=found.etag,
    )
