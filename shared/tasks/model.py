"""What a person must do, as FHIR R4 Task has it (http://hl7.org/fhir/R4/task.html)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.kernel.identity import PatientId
from shared.kernel.refusals import Conflict, NotAllowed, NotFound, Stale
from shared.kernel.sensitive import Sensitive

TaskPriority = Literal["routine", "urgent", "asap", "stat"]
TaskCode = Literal["follow-up", "call-back", "low-satisfaction", "outreach"]
"""What kind of work it is, in our own words; `in_fhir.py` spells it as a CodeableConcept."""
TaskStatus = Literal["requested", "accepted", "in-progress", "completed", "cancelled", "rejected"]
"""FHIR's own words (http://hl7.org/fhir/R4/valueset-task-status.html), of them those that we come to."""

OPEN: tuple[TaskStatus, ...] = ("requested", "accepted", "in-progress")
"""In these there is still something to do."""


class NoSuchTask(NotFound):
    """There is no such task."""


class TaskChangedMeanwhile(Stale):
    """The task has been changed since it was read."""


class TaskIsOver(Conflict):
    """The task has been completed, cancelled or rejected, and stays so."""


class TaskStandsOtherwise(Conflict):
    """As the task stands, that cannot be done; whoever does it must have taken it first."""


class SomebodyElseHasIt(Conflict):
    """Somebody else has this task."""


class TooManyNotes(Conflict):
    """The task has as many notes as it can hold."""


class TaskAskedOtherwise(Conflict):
    """Another task was asked for under this Idempotency-Key before."""


class NotedOtherwise(Conflict):
    """Something else was written down under this Idempotency-Key before."""


class TaskOutOfReach(NotAllowed):
    """The task is another's, or another team's."""


class OnlySupervisorsMayGive(NotAllowed):
    """Only who supervises may give a task to somebody else."""


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Instruction: somebody shall do this; the same `task_id` is the same task, however often asked.

    `because` names what led to it in our own ids (an enrolment's step, a survey's answer), `focus` is a
    reference to what it is about (`Appointment/…`, `conversation/…`). `team` is whose list it stands on.
    """

    task_id: str
    patient_id: PatientId | None
    code: TaskCode
    description: Sensitive[str]
    because: str
    focus: str | None = None
    priority: TaskPriority = "routine"
    due_at: datetime | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True)
class TaskChanged:
    """A task has been made, or is not what it was; how it stands is told to nobody by this."""

    task_id: str
    patient_id: PatientId | None


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote down while at it; the same `id` is the same note."""

    at: datetime
    by: str
    text: Sensitive[str]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. People are named as the audit names them (`issuer|subject`).

    Without an `owner` it stands on its `team`'s list, without either on everybody's. `requester` is None for
    what no person asked for. `outcome` is what came of it, `why_not` why nothing did.
    """

    id: str
    status: TaskStatus
    priority: TaskPriority
    code: TaskCode
    description: Sensitive[str]
    because: str | None
    focus: str | None
    patient_id: PatientId | None
    requester: str | None
    owner: str | None
    team: str | None
    due_at: datetime | None
    authored_on: datetime
    last_modified: datetime
    notes: tuple[Note, ...] = ()
    outcome: Sensitive[str] | None = None
    why_not: Sensitive[str] | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def is_overdue(self, now: datetime) -> bool:
        """Say whether it should have been done by now."""
        return self.is_open and self.due_at is not None and self.due_at < now
