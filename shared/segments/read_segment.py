"""Show one segment."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.segments.documents import Refresh, refresh_of, segment_at
from shared.segments.rules import Segment


@dataclass(frozen=True, slots=True)
class SegmentShown:
    """A segment as it now is, and how its last refresh ended: None before the first.

    `members` were in it then; `complete_up_to` is how far the lake had followed the record.
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

    def __call__(self, *, segment_id: str) -> SegmentShown:
        """Give it, or raise `NoSuchSegment`."""
        found = segment_at(self.documents, segment_id)
        refresh = refresh_of(self.documents, segment_id)
        return shown(found.body, refresh.body if refresh else None, found.etag)


def shown(segment: Segment, refresh: Refresh | None, etag: str) -> SegmentShown:
    return SegmentShown(
        segment=segment,
        members=refresh.population if refresh else None,
        refreshed_at=refresh.refreshed_at if refresh else None,
        complete_up_to=refresh.complete_up_to if refresh else None,
        next_refresh_at=refresh.next_at if refresh else None,
        etag=etag,
    )
