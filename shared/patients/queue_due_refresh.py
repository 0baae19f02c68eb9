"""Find whether a refresh is due by the schedule."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Documents
from shared.patients.model import BeginScheduledRefresh
from shared.patients.refresh_schedule import CURRENT, schedule_of
from shared.patients.refreshes import run_name

MADE = "schedule"


@dataclass(frozen=True, slots=True)
class QueueDueRefresh:
    """Queues the refresh that is due, and does none of it; queued twice, it begins once."""

    documents: Documents
    publisher: Publisher

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued: one or none."""
        found = schedule_of(self.documents)
        due_at = found.body.next_at if found else None
        if found is None or due_at is None or due_at > now:
            return 0
        name = run_name(due_at, MADE)
        content = BeginScheduledRefresh(name, due_at)
        self.publisher.publish([Announcement(content, name, (CURRENT, found.version))])
        return 1
