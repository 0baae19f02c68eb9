"""Say when refreshes begin by themselves (UN-17)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, as_seen, replacing
from shared.kernel.refusals import Nonsense
from shared.patients.refresh_schedule import (
    CURRENT,
    RefreshSchedule,
    RefreshScheduleChangedMeanwhile,
    RefreshScheduleIsThere,
    ScheduleWanted,
    due_after,
    problems,
    schedule_of,
)
from shared.patients.refreshes import PARTITION


@dataclass(frozen=True, slots=True)
class KeptRefreshSchedule:
    """The schedule as kept, with the etag to change it by; None before anybody has set one."""

    schedule: RefreshSchedule
    etag: str | None


@dataclass(frozen=True, slots=True)
class PutRefreshSchedule:
    """Keeps it, audited; the next is due at the next such time. `zone` is the house's own."""

    documents: Documents
    zone: str

    def __call__(
        self, wanted: ScheduleWanted, *, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptRefreshSchedule:
        """Keep it, or raise `Nonsense`, `RefreshScheduleIsThere` or `RefreshScheduleChangedMeanwhile`."""
        wrong = list(problems(wanted))
        if wrong:
            raise Nonsense(*wrong)
        before = schedule_of(self.documents)
        as_seen(before, if_match, is_there=RefreshScheduleIsThere, changed=RefreshScheduleChangedMeanwhile)
        zone = wanted.zone or self.zone
        schedule = RefreshSchedule(wanted, zone, due_after(wanted, zone, now))
        write = replacing(before, schedule) if before else Create(CURRENT, schedule)
        told = audited(
            write, what="put_refresh_schedule", subject="refresh-schedule", who=caller.who, now=now
        )
        etags = self.documents.commit(PARTITION, changes=[write], announcements=[told])
        return KeptRefreshSchedule(schedule, etags[CURRENT])
