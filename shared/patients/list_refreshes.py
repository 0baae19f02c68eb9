"""Show which refreshes there were, how far each stage came, and how long it took (UN-17)."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense
from shared.patients.refreshes import PARTITION, RefreshRun, StageName, StageStatus

MOST = 100


@dataclass(frozen=True, slots=True)
class WhichRefreshes:
    """How many at once; `after` is a former answer's `next`."""

    limit: int = 20
    after: str | None = None


@dataclass(frozen=True, slots=True)
class StageShown:
    """One stage; `seconds` is how long it took, once it is over."""

    name: StageName
    status: StageStatus
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None
    handled: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class RefreshShown:
    """One run, its stages in order."""

    id: str
    asked_by: str
    asked_at: datetime
    is_over: bool
    stages: tuple[StageShown, ...]


@dataclass(frozen=True, slots=True)
class RefreshesFound:
    """One page, the latest first."""

    refreshes: tuple[RefreshShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListRefreshes:
    """Gives the runs of the last ninety days."""

    documents: Documents

    def __call__(self, which: WhichRefreshes) -> RefreshesFound:
        if not 1 <= which.limit <= MOST:
            raise Nonsense(("limit", f"must be 1 to {MOST}"))
        page = self.documents.list(PARTITION, "refresh", RefreshRun, limit=which.limit, after=which.after)
        return RefreshesFound(tuple(_shown(found.body) for found in page.items), page.next)


def _shown(run: RefreshRun) -> RefreshShown:
    stages = tuple(
        StageShown(
            one.name,
            one.status,
            one.started_at,
            one.ended_at,
            (one.ended_at - one.started_at).total_seconds() if one.ended_at and one.started_at else None,
            one.handled,
            one.problem,
        )
        for one in run.stages
    )
    return RefreshShown(run.id, run.asked_by, run.asked_at, run.is_over, stages)
