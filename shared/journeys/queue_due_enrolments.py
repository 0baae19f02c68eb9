"""Find whose wait is over and whose scheduled message did not come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.journeys.documents import DUE
from shared.journeys.engine import advance
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import Enrolment
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Document, Documents

OVERDUE_AFTER = timedelta(minutes=2)
MOST_AT_ONCE = 5000
"""What one tick queues at most; the next finds the rest, oldest first."""


@dataclass(frozen=True, slots=True)
class QueueDueEnrolments:
    """Queues the next step of every enrolment that is overdue by two minutes; does none of the work.

    Running late, or twice, does no harm: the fence lets one of the messages through.
    """

    documents: Documents
    publisher: Publisher
    live: LiveJourneys

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued."""
        queued, after = 0, None
        while queued < MOST_AT_ONCE:
            page = self.documents.find(DUE, Enrolment, up_to=now - OVERDUE_AFTER, after=after)
            overdue = [_announced(found) for found in page.items if self._goes_on(found.body)]
            if overdue:
                self.publisher.publish(overdue)
            queued, after = queued + len(overdue), page.next
            if after is None:
                break
        return queued

    def _goes_on(self, enrolment: Enrolment) -> bool:
        """Leave those of a paused journey in peace until it goes on."""
        return self.live.state_of(enrolment.journey_id) != "paused"


def _announced(found: Document[Enrolment]) -> Announcement:
    told = advance(found.body)
    return Announcement(told.content, told.named, (found.id, found.version))
