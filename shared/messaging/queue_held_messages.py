"""Find held messages whose time came and whose scheduled return did not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Document, Documents
from shared.kernel.sweeping import due, queued
from shared.messaging.decision import Decision
from shared.messaging.documents import RELEASE_AT
from shared.messaging.model import MessageState

OVERDUE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class QueueHeldMessages:
    """Send to the gate again what is overdue by two minutes; does none of the work, may run late or twice.

    All of it, every time: what cannot be decided keeps nobody else from being found.
    """

    documents: Documents
    publisher: Publisher

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued."""
        held = (
            [_announced(found, now) for found in page if found.body.state is MessageState.HELD]
            for page in due(self.documents, RELEASE_AT, Decision, up_to=now - OVERDUE_AFTER)
        )
        return queued(self.publisher, held, most=None)


def _announced(found: Document[Decision], now: datetime) -> Announcement:
    """Name it for the minute, so that no queue that drops repeats takes the next tick's for this one's."""
    name = f"{found.body.request_id}~{found.version}~{now:%Y%m%d%H%M}"
    return Announcement(found.body.order, name, (found.id, found.version))
