"""Stop a refresh that is under way (UN-17)."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Documents, replacing
from shared.patients.refreshes import (
    LAST,
    PARTITION,
    NoSuchRefresh,
    RefreshIsOver,
    RefreshRun,
    refreshing,
    run_id,
)

_NAME = re.compile(r"[0-9]{18}-[A-Za-z0-9-]{1,12}")


@dataclass(frozen=True, slots=True)
class CancelRefresh:
    """Ends all stages that are not over, and lets another begin.

    A part under way is lost and does no harm; what a stage has asked others for, they do.
    """

    documents: Documents

    def __call__(self, *, refresh_id: str, caller: Caller, now: datetime) -> RefreshRun:
        """Cancel it, or raise `NoSuchRefresh` or `RefreshIsOver`."""
        found = (
            self.documents.look(PARTITION, run_id(refresh_id), RefreshRun)
            if _NAME.fullmatch(refresh_id)
            else None
        )
        if found is None:
            raise NoSuchRefresh
        if found.body.is_over:
            raise RefreshIsOver
        run, state = found.body.ended("cancelled", None, now), refreshing(self.documents)
        write = replacing(found, run, expires_at=run.asked_at + LAST)
        changes = [write]
        if state is not None and state.body.running == run.id:
            changes.append(replacing(state, replace(state.body, running=None)))
        told = audited(write, what="cancel_refresh", subject=f"refresh/{run.id}", who=caller.who, now=now)
        self.documents.commit(PARTITION, changes=changes, announcements=[told])
        return run
