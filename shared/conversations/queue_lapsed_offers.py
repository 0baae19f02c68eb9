"""Find offers that have ended and whose scheduled message did not come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.conversations.conversation import Conversation
from shared.conversations.documents import OFFERED_UNTIL
from shared.conversations.model import LapseOffer
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Document, Documents
from shared.kernel.sweeping import due, queued

OVERDUE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class QueueLapsedOffers:
    """Queues the lapse of every offer that ended half a minute ago; running late, or twice, does no harm."""

    documents: Documents
    publisher: Publisher

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued."""
        pages = due(self.documents, OFFERED_UNTIL, Conversation, up_to=now - OVERDUE_AFTER)
        return queued(self.publisher, ([_announced(found, now) for found in page] for page in pages))


def _announced(found: Document[Conversation], now: datetime) -> Announcement:
    """Name it for the minute, so that no queue that drops repeats takes the next tick's for this one's."""
    lapse = LapseOffer(found.body.id, found.body.round)
    name = f"{found.body.id}~{found.body.round}~{now:%Y%m%d%H%M}"
    return Announcement(lapse, name, (found.id, found.version))
