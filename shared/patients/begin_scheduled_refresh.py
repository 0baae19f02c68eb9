"""Begin the refresh that the schedule has come to (UN-17)."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from shared.kernel.documents import Documents, replacing
from shared.kernel.refusals import AlreadyExists
from shared.patients.begin_refresh import begun
from shared.patients.model import BeginScheduledRefresh
from shared.patients.refresh_schedule import due_after, schedule_of
from shared.patients.refreshes import PARTITION, RefreshRun, RefreshUnderWay, refreshing

log = logging.getLogger(__name__)

SCHEDULE = "house|schedule"
"""Who has asked for it, as the audit names people."""


@dataclass(frozen=True, slots=True)
class BeginsScheduledRefresh:
    """Begins it and moves the schedule on, in one commit; told again, the schedule has moved on.

    While another is under way all its stages are skipped, and the list shows that. Of times that passed while
    nothing ran one is made up for.
    """

    documents: Documents

    def __call__(self, asked: BeginScheduledRefresh, *, now: datetime) -> None:
        found = schedule_of(self.documents)
        if found is None or found.body.next_at != asked.due_at:
            return
        state = refreshing(self.documents)
        run = RefreshRun(asked.refresh_id, SCHEDULE, now)
        if state is not None and state.body.running is not None:
            run = run.ended("skipped", RefreshUnderWay.__name__, now)
        changes, told = begun(run, state)
        schedule = replace(found.body, next_at=due_after(found.body.wanted, found.body.zone, now))
        try:
            self.documents.commit(
                PARTITION, changes=[*changes, replacing(found, schedule)], announcements=told
            )
        except AlreadyExists:  # it was begun by this schedule before somebody set it anew
            self.documents.commit(PARTITION, changes=[replacing(found, schedule)])
        log.info("patients.refresh.scheduled", extra={"refresh": run.id, "is_skipped": run.is_over})
