"""What every change of a task by a person has in common: seen, allowed, kept, audited."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Document, Documents, replacing
from shared.kernel.sensitive import Sensitive
from shared.tasks.documents import CURRENT, KeptTask, changed, kept, task_at
from shared.tasks.lifecycle import gone_to_another, lies_before
from shared.tasks.model import SomebodyElseHasIt, Task, TaskChangedMeanwhile, TaskOutOfReach
from shared.tasks.task_view import TaskShown, shown


@dataclass(frozen=True, slots=True)
class WhyAsked:
    """Why nothing shall come of a task; kept with it and in the audit."""

    why: Sensitive[str]


def task_before(
    documents: Documents, task_id: str, caller: Caller, *, if_match: str | None = None
) -> Document[KeptTask]:
    """Read a task for somebody. Raises `NoSuchTask`, `TaskChangedMeanwhile`, or whose it is."""
    found = task_at(documents, task_id)
    if gone_to_another(caller, found.body.task):
        raise SomebodyElseHasIt
    if not lies_before(caller, found.body.task):
        raise TaskOutOfReach
    unchanged(found, if_match)
    return found


def unchanged(found: Document[KeptTask], if_match: str | None) -> None:
    """Raise `TaskChangedMeanwhile` unless the task is still what somebody saw, if they say what that was."""
    if if_match is not None and if_match != found.etag:
        raise TaskChangedMeanwhile


def kept_change(  # noqa: PLR0913  # what, from what, into what, who, when, why
    documents: Documents,
    what: str,
    found: Document[KeptTask],
    task: Task,
    *,
    caller: Caller,
    now: datetime,
    why: str | None = None,
) -> TaskShown:
    """Write the task as it now is, with who did it; what has not changed is not written."""
    if task == found.body.task:
        return shown(task, found.etag, now)
    write = replacing(found, kept(task))
    told = audited(
        write,
        what=what,
        subject=f"task/{task.id}",
        who=caller.who,
        now=now,
        patient_id=task.patient_id,
        why=why,
    )
    etags = documents.commit(found.partition, changes=[write], announcements=[told, changed(task, write)])
    return shown(task, etags[CURRENT], now)
