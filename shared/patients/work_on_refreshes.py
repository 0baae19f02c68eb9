"""Whatever moves refreshes on: the schedule, and their own word to go on."""

from dataclasses import dataclass
from datetime import datetime

from shared.patients.advance_refresh import AdvanceRefreshRun
from shared.patients.begin_scheduled_refresh import BeginsScheduledRefresh
from shared.patients.model import AdvanceRefresh, BeginScheduledRefresh


@dataclass(frozen=True, slots=True)
class WorkOnRefreshes:
    """Told twice, each is done once."""

    advance: AdvanceRefreshRun
    begin_scheduled: BeginsScheduledRefresh

    def __call__(self, asked: AdvanceRefresh | BeginScheduledRefresh, *, now: datetime) -> None:
        if isinstance(asked, AdvanceRefresh):
            self.advance(asked, now=now)
        else:
            self.begin_scheduled(asked, now=now)
