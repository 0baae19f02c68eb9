"""Be done with a task."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.sensitive import Sensitive
from shared.tasks.changing import kept_change, task_before
from shared.tasks.lifecycle import completed
from shared.tasks.task_view import TaskShown
from shared.tasks.wording import worded


@dataclass(frozen=True, slots=True)
class Completion:
    """What came of it."""

    outcome: Sensitive[str]


@dataclass(frozen=True, slots=True)
class CompleteTask:
    """Closes a task with what came of it, for good."""

    documents: Documents

    def __call__(
        self, done: Completion, *, task_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> TaskShown:
        """Complete it, or raise `Nonsense`, or what `task_before` and `completed` raise."""
        outcome = worded("outcome", done.outcome)
        found = task_before(self.documents, task_id, caller, if_match=if_match)
        task = completed(found.body.task, outcome, caller, now)
        return kept_change(self.documents, "complete_task", found, task, caller=caller, now=now)
