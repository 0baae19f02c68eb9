"""Begin a run through all that is kept beside the record (UN-17)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Change, Create, Document, Documents, announcing, replacing
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
        changes, told = begun(run, before)
        try:
            self.documents.commit(PARTITION, changes=changes, announcements=told)
        except AlreadyExists:
            raise LostRace from None
        return run


def begun(
    run: RefreshRun, before: Document[Refreshing] | None
) -> tuple[Sequence[Change], Sequence[Announcement]]:
    """Say what is written when a run begins, or is noted as one that did not."""
    create = Create(run_id(run.id), run, expires_at=run.asked_at + LAST)
    told = audited(
        create, what="begin_refresh", subject=f"refresh/{run.id}", who=run.asked_by, now=run.asked_at
    )
    if run.is_over:
        return [create], [told]
    state = replace(before.body if before else Refreshing(), running=run.id)
    first = announcing(AdvanceRefresh(run.id, run.step), of=create, named=f"{run.id}~{run.step}")
    return [create, replacing(before, state) if before else Create(STATE, state)], [told, first]
