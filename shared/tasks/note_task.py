"""Write something down about a task."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.sensitive import Sensitive
from shared.tasks.changing import kept_change, task_before
from shared.tasks.lifecycle import noted
from shared.tasks.task_view import TaskShown
from shared.tasks.wording import worded


@dataclass(frozen=True, slots=True)
class NoteAsked:
    """What shall be remembered: that nobody answered, when to ring again."""

    text: Sensitive[str]


@dataclass(frozen=True, slots=True)
class NoteTask:
    """Adds a note to a task, with who wrote it and when; none is ever changed."""

    documents: Documents

    def __call__(
        self, note: NoteAsked, *, task_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> TaskShown:
        """Add it, or raise `Nonsense`, or what `task_before` and `noted` raise."""
        text = worded("text", note.text)
        found = task_before(self.documents, task_id, caller, if_match=if_match)
        task = noted(found.body.task, text, caller, now)
        return kept_change(self.documents, "note_task", found, task, caller=caller, now=now)
