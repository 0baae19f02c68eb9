"""Show one task."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.tasks.changing import task_before
from shared.tasks.task_view import TaskShown, shown


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Gives the whole of a task to whom it concerns, with the etag to change it by."""

    documents: Documents

    def __call__(self, *, task_id: str, caller: Caller, now: datetime) -> TaskShown:
        """Give it, or raise `NoSuchTask`, `SomebodyElseHasIt` or `TaskOutOfReach`."""
        found = task_before(self.documents, task_id, caller)
        return shown(found.body.task, found.etag, now)
