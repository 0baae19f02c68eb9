"""Take a task off the list."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.tasks.changing import WhyAsked, kept_change, task_before
from shared.tasks.lifecycle import cancelled
from shared.tasks.task_view import TaskShown
from shared.tasks.wording import worded


@dataclass(frozen=True, slots=True)
class CancelTask:
    """Closes a task of which nothing shall come, for good, with the reason."""

    documents: Documents

    def __call__(
        self, asked: WhyAsked, *, task_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> TaskShown:
        """Cancel it, or raise `Nonsense`, or what `task_before` and `cancelled` raise."""
        why = worded("why", asked.why)
        found = task_before(self.documents, task_id, caller, if_match=if_match)
        task = cancelled(found.body.task, why, caller, now)
        return kept_change(self.documents, "cancel_task", found, task, caller=caller, now=now, why=why.value)
