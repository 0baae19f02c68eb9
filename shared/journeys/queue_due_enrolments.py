"""Find whose wait is over and whose scheduled message did not come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.journeys.documents import DUE
from shared.journeys.engine import advance
from shared.journeys.failing import may_go_on
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import Enrolment
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Document, Documents
from shared.kernel.sweeping import due, queued

OVERDUE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class QueueDueEnrolments:
    """Queues the next step of every enrolment that is overdue by two minutes; does none of the work.

    Running late, or twice, does no harm: the fence lets one of the messages through. Those that failed by a
    bug are queued ever more rarely, and after three days no more: each time would be one more dead letter.
    """

    documents: Documents
    publisher: Publisher
    live: LiveJourneys

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued."""
        overdue = (
            [_announced(found) for found in page if self._goes_on(found.body, now)]
            for page in due(self.documents, DUE, Enrolment, up_to=now - OVERDUE_AFTER)
        )
        return queued(self.publisher, overdue)

    def _goes_on(self, enrolment: Enrolment, now: datetime) -> bool:
        """Leave those of a paused journey in peace until it goes on."""
        return may_go_on(enrolment, now) and self.live.state_of(enrolment.journey_id) != "paused"


def _announced(found: Document[Enrolment]) -> Announcement:
    told = advance(found.body)
    return Announcement(told.content, told.named, (found.id, found.version))
