"""Do the next part of a refresh (UN-17)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.kernel.announcements import Announcement
from shared.kernel.documents import Change, Document, Documents, announcing, replacing
from shared.kernel.refusals import LostRace, Refusal, TransientFault
from shared.patients.model import AdvanceRefresh
from shared.patients.ports import Stage
from shared.patients.refreshes import (
    LAST,
    PARTITION,
    Refreshing,
    RefreshRun,
    StageName,
    StageRun,
    advanced,
    faltered,
    refreshing,
    run_id,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AdvanceRefreshRun:
    """Does one bounded part of each stage that can go on, and commits how far all came.

    Delivered again, or late, its step has passed and nothing is done. What may yet succeed is tried again
    after a while, ever longer; after so many times, or where a rule says no, the stage has failed for good.
    """

    documents: Documents
    stages: Mapping[StageName, Stage]

    def __call__(self, asked: AdvanceRefresh, *, now: datetime) -> None:
        found = self.documents.read(PARTITION, run_id(asked.refresh_id), RefreshRun)
        state = refreshing(self.documents)
        run = found.body
        if state is None or run.is_over or run.step != asked.step:
            return
        after = [self._done(stage, state.body, run.id, now) for stage in run.ready(now)]
        for stage in after:
            log.info("patients.refresh.advanced", extra={"stage": stage.name, "status": stage.status})
        moved_on(self.documents, found, run.having(after, now), state, now)

    def _done(self, stage: StageRun, state: Refreshing, refresh_id: str, now: datetime) -> StageRun:
        mark = stage.mark if stage.mark is not None else state.marks.get(stage.name)
        try:
            step = self.stages[stage.name](mark, refresh_id=refresh_id, now=now)
        except LostRace:  # the same again at once
            raise
        except TransientFault as fault:
            return faltered(stage, type(fault).__name__, now, for_good=False)
        except Refusal as refusal:
            return faltered(stage, type(refusal).__name__, now, for_good=True)
        return advanced(stage, step, now)


def moved_on(
    documents: Documents,
    found: Document[RefreshRun],
    run: RefreshRun,
    state: Document[Refreshing],
    now: datetime,
) -> None:
    """Commit how far the run has come, with the word to go on where it is not over."""
    write = replacing(found, run, expires_at=run.asked_at + LAST)
    changes: list[Change] = [write]
    kept = _kept(state.body, run)
    if kept != state.body:
        changes.append(replacing(state, kept))
    told: list[Announcement] = []
    if not run.is_over:
        content, due_at = AdvanceRefresh(run.id, run.step), run.goes_on_at(now)
        told.append(announcing(content, of=write, named=f"{run.id}~{run.step}", due_at=due_at))
    documents.commit(PARTITION, changes=changes, announcements=told)


def _kept(state: Refreshing, run: RefreshRun) -> Refreshing:
    """Remember for the next run how far a stage that follows the record came; and that this one is over."""
    follows = next((stage for stage in run.stages if stage.name == "records"), None)
    marks = {**state.marks, **({"records": follows.mark} if follows and follows.mark is not None else {})}
    return replace(state, running=None if run.is_over else run.id, marks=marks)
