"""Find which measures are to be worked out."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Document, Documents
from shared.kernel.sweeping import all_queued
from shared.measures.documents import VALUES_DUE, Refresh
from shared.measures.model import RefreshMeasure
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures


@dataclass(frozen=True, slots=True)
class QueueDueMeasures:
    """Queues every measure that is due (UN-17); does none of the work.

    One that is queued again before it was done costs a look.
    """

    documents: Documents
    publisher: Publisher
    features: LiveFeatures

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued: none while segments are switched off."""
        if not self.features.has(Feature.SEGMENTS):
            return 0
        return all_queued(self.documents, self.publisher, VALUES_DUE, Refresh, _announced, up_to=now)


def _announced(found: Document[Refresh]) -> Announcement:
    due = found.body
    content = RefreshMeasure(due.measure_id, due.version, because="due")
    return Announcement(content, f"{due.measure_id}~due~{found.version}", (found.id, found.version))
