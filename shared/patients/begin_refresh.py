"""Begin a run through all that is kept beside the record (UN-17)."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, announcing, replacing
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.patients.model import AdvanceRefresh
from shared.patients.refreshes import (
    LAST,
    PARTITION,
    STATE,
    Refreshing,
    RefreshRun,
    RefreshUnderWay,
    refreshing,
    run_id,
    run_name,
)


@dataclass(frozen=True, slots=True)
class BeginRefresh:
    """Begins one, unless one is under way; the stages follow each other in the background."""

    documents: Documents

    def __call__(self, *, made: str, caller: Caller, now: datetime) -> RefreshRun:
        """Begin it, or raise `RefreshUnderWay`; `made` makes its name."""
        before = refreshing(self.documents)
        if before is not None and before.body.running is not None:
            raise RefreshUnderWay
        run = RefreshRun(run_name(now, made), caller.who, now)
        state = replace(before.body if before else Refreshing(), running=run.id)
        create = Create(run_id(run.id), run, expires_at=now + LAST)
        told = audited(create, what="begin_refresh", subject=f"refresh/{run.id}", who=caller.who, now=now)
        first = announcing(AdvanceRefresh(run.id, run.step), of=create, named=f"{run.id}~{run.step}")
        try:
            self.documents.commit(
                PARTITION,
                changes=[create, replacing(before, state) if before else Create(STATE, state)],
                announcements=[told, first],
            )
        except AlreadyExists:
            raise LostRace from None
        return run
