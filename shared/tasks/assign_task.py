"""Take a task, give it to somebody, or give it back."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.tasks.changing import kept_change, task_before
from shared.tasks.lifecycle import given
from shared.tasks.receivers import receiver
from shared.tasks.task_view import TaskShown


@dataclass(frozen=True, slots=True)
class Assignment:
    """To whom: `me`, `nobody` (back to the list), or a person as the audit names them."""

    to: str = "me"


@dataclass(frozen=True, slots=True)
class AssignTask:
    """Lets one person have the task; of two who take it at once, the second is told that it has gone."""

    documents: Documents

    def __call__(
        self, asked: Assignment, *, task_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> TaskShown:
        """Assign it, or raise what `task_before` and `given` raise."""
        to = receiver("to", asked.to, caller)
        found = task_before(self.documents, task_id, caller, if_match=if_match)
        task = given(found.body.task, to, caller, now)
        return kept_change(self.documents, "assign_task", found, task, caller=caller, now=now)
