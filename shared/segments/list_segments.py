"""Show the segments there are."""

from dataclasses import dataclass

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.segments.documents import STATE
from shared.segments.read_segment import SegmentShown, shown
from shared.segments.rules import Segment, SegmentState


@dataclass(frozen=True, slots=True)
class WhichSegments:
    """Which to show: those in one state, or all; `after` is a former answer's `next`."""

    state: SegmentState | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class SegmentsFound:
    """One page of segments."""

    segments: tuple[SegmentShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListSegments:
    """Gives segments in order of their state, with their sizes, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichSegments, *, caller: Caller) -> SegmentsFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(STATE, Segment, equal_to=which.state, limit=limit, after=which.after)
        return SegmentsFound(tuple(shown(self.documents, found, caller) for found in page.items), page.next)
