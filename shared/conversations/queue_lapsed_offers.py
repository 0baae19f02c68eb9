"""Find offers that have ended and whose scheduled message did not come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.conversations.conversation import Conversation
from shared.conversations.documents import OFFERED_UNTIL
from shared.conversations.model import LapseOffer
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Document, Documents

OVERDUE_AFTER = timedelta(seconds=30)
MOST_AT_ONCE = 5000
"""What one tick queues at most; the next finds the rest, oldest first."""


@dataclass(frozen=True, slots=True)
class QueueLapsedOffers:
    """Queues the lapse of every offer that ended half a minute ago; running late, or twice, does no harm."""

    documents: Documents
    publisher: Publisher

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued."""
        queued, after = 0, None
        while queued < MOST_AT_ONCE:
            page = self.documents.find(OFFERED_UNTIL, Conversation, up_to=now - OVERDUE_AFTER, after=after)
            if page.items:
                self.publisher.publish([_announced(found, now) for found in page.items])
            queued, after = queued + len(page.items), page.next
            if after is None:
                break
        return queued


def _announced(found: Document[Conversation], now: datetime) -> Announcement:
    """Name it for the minute, so that no queue that drops repeats takes the next tick's for this one's."""
    lapse = LapseOffer(found.body.id, found.body.round)
    name = f"{found.body.id}~{found.body.round}~{now:%Y%m%d%H%M}"
    return Announcement(lapse, name, (found.id, found.version))
