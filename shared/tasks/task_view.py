"""How a task is shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.tasks.in_fhir import task_resource
from shared.tasks.model import Task, TaskCode, TaskPriority, TaskStatus


@dataclass(frozen=True, slots=True)
class TaskShown:
    """One task: `resource` is the whole of it as a FHIR R4 Task, the rest is what a desk asks for first."""

    id: str
    status: TaskStatus
    code: TaskCode
    priority: TaskPriority
    patient_id: PatientId | None
    focus: str | None
    owner: str | None
    team: str | None
    due_at: datetime | None
    is_overdue: bool
    resource: Sensitive[dict[str, Any]]
    etag: str


@dataclass(frozen=True, slots=True)
class TaskListed:
    """One line of a list: enough to choose by, and none of the words that people have written."""

    id: str
    status: TaskStatus
    code: TaskCode
    priority: TaskPriority
    patient_id: PatientId | None
    focus: str | None
    owner: str | None
    team: str | None
    due_at: datetime | None
    is_overdue: bool
    authored_on: datetime


def shown(task: Task, etag: str, now: datetime) -> TaskShown:
    """Show the whole task."""
    return TaskShown(
        id=task.id,
        status=task.status,
        code=task.code,
        priority=task.priority,
        patient_id=task.patient_id,
        focus=task.focus,
        owner=task.owner,
        team=task.team,
        due_at=task.due_at,
        is_overdue=task.is_overdue(now),
        resource=Sensitive(task_resource(task)),
        etag=etag,
    )


def listed(task: Task, now: datetime) -> TaskListed:
    """Show a task as one among many."""
    return TaskListed(
        id=task.id,
        status=task.status,
        code=task.code,
        priority=task.priority,
        patient_id=task.patient_id,
        focus=task.focus,
        owner=task.owner,
        team=task.team,
        due_at=task.due_at,
        is_overdue=task.is_overdue(now),
        authored_on=task.authored_on,
    )
