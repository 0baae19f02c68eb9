"""Find what silence closes (CV-8), and who waits for a word that does not come (CV-6)."""

from dataclasses import dataclass
from datetime import datetime

from shared.conversations.conversation import Conversation
from shared.conversations.documents import CLOSES_AT, UNANSWERED_UNTIL
from shared.conversations.model import CloseIdleConversation
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Document, Documents, Index
from shared.kernel.sweeping import due, queued


@dataclass(frozen=True, slots=True)
class QueueIdleConversations:
    """Queues every conversation that has been silent, or unanswered, for too long; does none of the work.

    Who is unanswered comes first: they are there, and waiting. Those whose representative is present are
    queued again at each tick until an answer comes.
    """

    documents: Documents
    publisher: Publisher

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued."""
        return sum(self._queued(index, now) for index in (UNANSWERED_UNTIL, CLOSES_AT))

    def _queued(self, index: Index, now: datetime) -> int:
        pages = due(self.documents, index, Conversation, up_to=now)
        return queued(self.publisher, ([_announced(found, now) for found in page] for page in pages))


def _announced(found: Document[Conversation], now: datetime) -> Announcement:
    """Name it for the minute, so that no queue that drops repeats takes the next tick's for this one's."""
    idle = CloseIdleConversation(found.body.id, found.body.changed_at)
    return Announcement(idle, f"{found.body.id}~{found.version}~{now:%Y%m%d%H%M}", (found.id, found.version))
