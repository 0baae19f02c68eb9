"""Show when refreshes begin by themselves."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.patients.put_refresh_schedule import KeptRefreshSchedule
from shared.patients.refresh_schedule import RefreshSchedule, ScheduleWanted, schedule_of

OFF = ScheduleWanted(is_on=False)


@dataclass(frozen=True, slots=True)
class ReadRefreshSchedule:
    """Gives the schedule and the etag to change it by; until somebody sets one, it is off and has none."""

    documents: Documents
    zone: str

    def __call__(self) -> KeptRefreshSchedule:
        found = schedule_of(self.documents)
        if found is None:
            return KeptRefreshSchedule(RefreshSchedule(OFF, self.zone, None), None)
        return KeptRefreshSchedule(found.body, found.etag)
