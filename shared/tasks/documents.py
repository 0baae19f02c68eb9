"""Where tasks are kept, and how they are found."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Document, Documents, Index, Replace, announcing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.tasks.model import NoSuchTask, Task, TaskChanged, TaskStatus

CURRENT = "task~current"
MOST_GATHERED = 1000
"""Tasks that are looked at for one list; who has more open ones than that has another difficulty."""


@dataclass(frozen=True, slots=True)
class KeptTask:
    """A task as a document: `place` is the list it stands on, in words that an index can find."""

    task: Task
    place: str


PLACE = Index("task", "place")
"""What lies before one person, one team or everybody, in one status."""
STATUS = Index("task", "task.status")
PATIENT = Index("task", "task.patient_id")
INDEXES = (PLACE, STATUS, PATIENT)


def task_partition(task_id: str) -> str:
    return f"task/{task_id}"


def kept(task: Task) -> KeptTask:
    """Give the document's body for a task."""
    return KeptTask(task, place_of(task.status, owner=task.owner, team=task.team))


def changed(task: Task, write: Create | Replace) -> Announcement:
    """Announce that a task stands otherwise now, once for each time it is written."""
    named = f"{task.id}~{write.version}"
    return announcing(TaskChanged(task.id, task.patient_id), of=write, named=named)


def place_of(status: TaskStatus, *, owner: str | None = None, team: str | None = None) -> str:
    """Name a list: the owner's; without one the team's; without either, everybody's."""
    if owner is not None:
        return f"{status}~of~{owner}"
    return f"{status}~for~{team}" if team is not None else f"{status}~for-anybody"


def task_at(documents: Documents, task_id: str) -> Document[KeptTask]:
    """Read a task. Raises `NoSuchTask`."""
    try:
        return documents.read(task_partition(task_id), CURRENT, KeptTask)
    except NotFound:
        raise NoSuchTask from None


def placed(documents: Documents, place: str) -> Iterator[Task]:
    """Give what stands on one list."""
    return _gathered(documents, PLACE, place)


def in_status(documents: Documents, status: TaskStatus) -> Iterator[Task]:
    """Give all that stands so."""
    return _gathered(documents, STATUS, status)


def about(documents: Documents, patient_id: PatientId) -> Iterator[Task]:
    """Give all that is about one patient."""
    return _gathered(documents, PATIENT, patient_id)


def _gathered(documents: Documents, index: Index, value: str) -> Iterator[Task]:
    after: str | None = None
    while True:
        page = documents.find(index, KeptTask, equal_to=value, after=after)
        yield from (found.body.task for found in page.items)
        after = page.next
        if after is None:
            return
