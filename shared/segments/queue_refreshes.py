"""Find which segments are to be refreshed."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Document, Documents
from shared.kernel.sweeping import all_queued
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.segments.documents import REFRESH_DUE, Refresh
from shared.segments.model import RefreshSegment


@dataclass(frozen=True, slots=True)
class QueueRefreshes:
    """Queues a refresh of every segment that is due (SG-10); does none of the work.

    One that is queued again before it was done costs a look.
    """

    documents: Documents
    publisher: Publisher
    features: LiveFeatures

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued: none while segments are switched off."""
        if not self.features.has(Feature.SEGMENTS):
            return 0
        return all_queued(self.documents, self.publisher, REFRESH_DUE, Refresh, _announced, up_to=now)


def _announced(found: Document[Refresh]) -> Announcement:
    due = found.body
    content = RefreshSegment(due.segment_id, due.version, because="due")
    return Announcement(content, f"{due.segment_id}~due~{found.version}", (found.id, found.version))
