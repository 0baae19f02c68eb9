"""Begin with a task."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.tasks.changing import kept_change, task_before
from shared.tasks.lifecycle import started
from shared.tasks.task_view import TaskShown


@dataclass(frozen=True, slots=True)
class StartTask:
    """Shows others that somebody is at it."""

    documents: Documents

    def __call__(self, *, task_id: str, caller: Caller, now: datetime, if_match: str | None) -> TaskShown:
        """Begin, or raise what `task_before` and `started` raise."""
        found = task_before(self.documents, task_id, caller, if_match=if_match)
        task = started(found.body.task, caller, now)
        return kept_change(self.documents, "start_task", found, task, caller=caller, now=now)
