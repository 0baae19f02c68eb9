"""Ask somebody, or oneself, to do something."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.fhir.references import ID, reference_of
from shared.kernel.documents import Create, Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace, Nonsense
from shared.kernel.sensitive import Sensitive
from shared.tasks.documents import CURRENT, KeptTask, changed, kept, task_partition
from shared.tasks.lifecycle import given
from shared.tasks.model import Task, TaskAskedOtherwise, TaskCode, TaskPriority
from shared.tasks.receivers import receiver
from shared.tasks.task_view import TaskShown, shown
from shared.tasks.wording import worded

EARLIEST_YEAR, LATEST_YEAR = 2000, 2200
_OURS = re.compile(r"conversation/[A-Za-z0-9._~-]{1,100}")
_TEAM = re.compile(r"[^/\\?#\x00-\x1f\x7f]{1,120}")


@dataclass(frozen=True, slots=True)
class NewTask:
    """What shall be done.

    `to` is `me`, `nobody` (it then stands on the `team`'s list), or a person as the audit names them.
    """

    description: Sensitive[str]
    code: TaskCode = "follow-up"
    patient_id: PatientId | None = None
    focus: str | None = None
    priority: TaskPriority = "routine"
    due_at: datetime | None = None
    team: str | None = None
    to: str = "nobody"


@dataclass(frozen=True, slots=True)
class AddTask:
    """Makes a task at a person's word; the same `task_id` is the same task."""

    documents: Documents

    def __call__(self, new: NewTask, *, task_id: str, caller: Caller, now: datetime) -> TaskShown:
        """Make it, or raise `Nonsense`, `OnlySupervisorsMayGive` or `TaskAskedOtherwise`."""
        task = _task(new, task_id, caller, now)
        partition = task_partition(task_id)
        before = self.documents.look(partition, CURRENT, KeptTask)
        if before is not None:
            if _asked(before.body.task) != _asked(task):
                raise TaskAskedOtherwise
            return shown(before.body.task, before.etag, now)
        create = Create(CURRENT, kept(task))
        told = audited(
            create,
            what="add_task",
            subject=f"task/{task.id}",
            who=caller.who,
            now=now,
            patient_id=task.patient_id,
        )
        try:
            etags = self.documents.commit(
                partition, changes=[create], announcements=[told, changed(task, create)]
            )
        except AlreadyExists:
            raise LostRace from None
        return shown(task, etags[CURRENT], now)


def _asked(task: Task) -> tuple[object, ...]:
    """Give what never changes of a task: what was asked for, and by whom."""
    about = (task.code, task.patient_id, task.focus, task.priority, task.due_at, task.team)
    return (task.requester, task.description, *about)


def _task(new: NewTask, task_id: str, caller: Caller, now: datetime) -> Task:
    problems = list(_problems(new))
    if problems:
        raise Nonsense(*problems)
    task = Task(
        id=task_id,
        status="requested",
        priority=new.priority,
        code=new.code,
        description=worded("description", new.description),
        because=None,
        focus=new.focus,
        patient_id=new.patient_id,
        requester=caller.who,
        owner=None,
        team=new.team,
        due_at=new.due_at,
        authored_on=now,
        last_modified=now,
    )
    to = receiver("to", new.to, caller)
    return task if to is None else given(task, to, caller, now)


def _problems(new: NewTask) -> Iterator[tuple[str, str]]:
    if new.patient_id is not None and not ID.fullmatch(new.patient_id):
        yield "patient_id", "not the id of a patient"
    if new.focus is not None and not (reference_of(new.focus) or _OURS.fullmatch(new.focus)):
        yield "focus", "not a reference"
    if new.due_at is not None and new.due_at.tzinfo is None:
        yield "due_at", "without a time zone"
    if new.due_at is not None and not EARLIEST_YEAR <= new.due_at.year <= LATEST_YEAR:
        yield "due_at", "not from 2000 to 2200"
    if new.team is not None and not _TEAM.fullmatch(new.team):
        yield "team", "not a team"
