"""Find claims that have lapsed, and have them settled."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.clock import Clock
from shared.kernel.documents import Document, Documents
from shared.kernel.sweeping import due, queued
from shared.messaging.decision import Decision
from shared.messaging.documents import CLAIMED_UNTIL
from shared.messaging.model import SettleClaim


@dataclass(frozen=True, slots=True)
class QueueLapsedClaims:
    """Queue one settlement for every lapsed claim; does none of the work, and may run late or twice.

    Whoever sends may have a clock that is `clocks_apart` behind ours: until then they may still be at it.
    """

    documents: Documents
    publisher: Publisher
    clock: Clock
    clocks_apart: timedelta = timedelta()

    def __call__(self) -> int:
        """Give how many were queued."""
        real = self.clock.real() - self.clocks_apart
        lapsed = (
            [_announced(found, real) for found in page if found.body.has_lapsed(real)]
            for page in due(self.documents, CLAIMED_UNTIL, Decision, up_to=real)
        )
        return queued(self.publisher, lapsed)


def _announced(found: Document[Decision], real: datetime) -> Announcement:
    """Name it for the minute, so that no queue that drops repeats takes the next tick's for this one's."""
    order = found.body.order
    name = f"{found.body.request_id}~{found.version}~{real:%Y%m%d%H%M}"
    return Announcement(SettleClaim(order.contact, order.message_id), name, (found.id, found.version))
