"""Find wishes of which nobody knows how they went."""

from dataclasses import dataclass
from datetime import datetime

from shared.appointments.documents import SETTLE_BY
from shared.appointments.intents import Intent
from shared.appointments.model import SettleBooking
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Document, Documents
from shared.kernel.sweeping import due, queued


@dataclass(frozen=True, slots=True)
class QueueUnsettledBookings:
    """Queues one settlement for every intent that is overdue; does none of the work, and may run twice."""

    documents: Documents
    publisher: Publisher

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued."""
        pages = due(self.documents, SETTLE_BY, Intent, up_to=now)
        return queued(self.publisher, ([_announced(found, now) for found in page] for page in pages))


def _announced(found: Document[Intent], now: datetime) -> Announcement:
    """Name it for the minute, so that no queue that drops repeats takes the next tick's for this one's."""
    intent = found.body
    name = f"{intent.patient_id}~{intent.booking_id}~{found.version}~{now:%Y%m%d%H%M}"
    content = SettleBooking(intent.patient_id, intent.booking_id)
    return Announcement(content, name, (found.id, found.version))
