"""Write something down about a task."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.sensitive import Sensitive
from shared.tasks.changing import kept_change, task_before, unchanged
from shared.tasks.lifecycle import noted
from shared.tasks.model import Note, NotedOtherwise, Task
from shared.tasks.task_view import TaskShown, shown
from shared.tasks.wording import worded


@dataclass(frozen=True, slots=True)
class NoteAsked:
    """What shall be remembered: that nobody answered, when to ring again."""

    text: Sensitive[str]


@dataclass(frozen=True, slots=True)
class NoteTask:
    """Adds a note to a task, with who wrote it and when; none is ever changed, the same `note_id` is one."""

    documents: Documents

    def __call__(
        self,
        asked: NoteAsked,
        *,
        task_id: str,
        note_id: str,
        caller: Caller,
        now: datetime,
        if_match: str | None,
    ) -> TaskShown:
        """Add it, or raise `Nonsense`, `NotedOtherwise`, or what `task_before` and `noted` raise."""
        note = Note(now, caller.who, worded("text", asked.text), note_id)
        found = task_before(self.documents, task_id, caller)
        if _is_there(found.body.task, note):
            return shown(found.body.task, found.etag, now)
        unchanged(found, if_match)
        task = noted(found.body.task, note)
        return kept_change(self.documents, "note_task", found, task, caller=caller, now=now)


def _is_there(task: Task, note: Note) -> bool:
    """Say whether this very note was taken before, whatever has become of the task since."""
    before = next((each for each in task.notes if each.id == note.id), None)
    if before is not None and (before.by, before.text) != (note.by, note.text):
        raise NotedOtherwise
    return before is not None
