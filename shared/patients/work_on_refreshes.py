"""Whatever moves refreshes on: the schedule, their own word to go on, and that none came."""

from dataclasses import dataclass
from datetime import datetime

from shared.patients.advance_refresh import AdvanceRefreshRun
from shared.patients.begin_scheduled_refresh import BeginsScheduledRefresh
from shared.patients.end_overdue_stage import EndsOverdueStage
from shared.patients.model import AdvanceRefresh, BeginScheduledRefresh, EndOverdueStage


@dataclass(frozen=True, slots=True)
class WorkOnRefreshes:
    """Told twice, each is done once."""

    advance: AdvanceRefreshRun
    begin_scheduled: BeginsScheduledRefresh
    end_overdue: EndsOverdueStage

    def __call__(
        self, asked: AdvanceRefresh | BeginScheduledRefresh | EndOverdueStage, *, now: datetime
    ) -> None:
        match asked:
            case AdvanceRefresh():
                self.advance(asked, now=now)
            case BeginScheduledRefresh():
                self.begin_scheduled(asked, now=now)
            case EndOverdueStage():
                self.end_overdue(asked, now=now)
