"""Put on a list what the house itself asks for."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Create, Documents
from shared.kernel.refusals import AlreadyExists
from shared.tasks.documents import CURRENT, changed, kept, task_partition
from shared.tasks.model import CreateTask, Task


@dataclass(frozen=True, slots=True)
class CreateRequestedTask:
    """Makes the task that was asked for, once; asked again, however it stands by now, it is left alone."""

    documents: Documents

    def __call__(self, asked: CreateTask, *, now: datetime) -> None:
        """Make it, unless it has been made."""
        task = requested_task(asked, now)
        create = Create(CURRENT, kept(task))
        try:
            self.documents.commit(
                task_partition(task.id), changes=[create], announcements=[changed(task, create)]
            )
        except AlreadyExists:
            return


def requested_task(asked: CreateTask, now: datetime) -> Task:
    return Task(
        id=asked.task_id,
        status="requested",
        priority=asked.priority,
        code=asked.code,
        description=asked.description,
        because=asked.because,
        focus=asked.focus,
        patient_id=asked.patient_id,
        requester=None,
        owner=None,
        team=asked.team,
        due_at=asked.due_at,
        authored_on=now,
        last_modified=now,
    )
