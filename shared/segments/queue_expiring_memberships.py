"""Find whose membership time alone may have changed."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Document, Documents
from shared.kernel.sweeping import due, queued
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.segments.documents import VALID_UNTIL
from shared.segments.memberships import Membership
from shared.segments.model import ReconsiderPatient


@dataclass(frozen=True, slots=True)
class QueueExpiringMemberships:
    """Queues a reconsideration wherever an answer was good only until now; does none of the work."""

    documents: Documents
    publisher: Publisher
    features: LiveFeatures

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued: none while segments are switched off."""
        if not self.features.has(Feature.SEGMENTS):
            return 0
        pages = due(self.documents, VALID_UNTIL, Membership, up_to=now)
        return queued(self.publisher, ([_announced(found) for found in page] for page in pages))


def _announced(found: Document[Membership]) -> Announcement:
    content = ReconsiderPatient(found.body.patient_id, "time", segment_id=found.body.segment_id)
    named = f"{found.body.patient_id}~{found.id}~time~{found.version}"
    return Announcement(content, named, (found.id, found.version))
