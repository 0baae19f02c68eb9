"""Find whether the refresh that is under way has come to a stand."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Documents
from shared.patients.model import EndOverdueStage
from shared.patients.refreshes import PARTITION, RefreshRun, refreshing, run_id


@dataclass(frozen=True, slots=True)
class QueueOverdueStage:
    """Queues that a refresh has given no answer for too long; queued twice, it is dealt with once."""

    documents: Documents
    publisher: Publisher

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued: one or none."""
        state = refreshing(self.documents)
        if state is None or state.body.running is None:
            return 0
        found = self.documents.look(PARTITION, run_id(state.body.running), RefreshRun)
        if found is None or not found.body.is_overdue(now):
            return 0
        run = found.body
        content = EndOverdueStage(run.id, run.step)
        named = f"{run.id}~{run.step}~overdue"
        self.publisher.publish([Announcement(content, named, (found.id, found.version))])
        return 1
