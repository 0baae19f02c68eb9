"""Ask a person to do something (ST-10)."""

from datetime import timedelta

from shared.journeys.model import CreateTaskStep
from shared.journeys.steps.arrival import Arrival, Instruction, Outcome
from shared.kernel.identity import derived
from shared.kernel.sensitive import Sensitive
from shared.tasks.model import CreateTask


def decide(step: CreateTaskStep, arrival: Arrival) -> Outcome:
    """Ask room tasks for it. Its id says what it is, so asking twice is asking once."""
    enrolment, hours = arrival.enrolment, step.due_in_hours
    task_id = derived("task", enrolment.patient_id, enrolment.id, step.id, str(arrival.occurrence))
    asked = CreateTask(
        task_id=task_id,
        patient_id=enrolment.patient_id,
        code=step.code,
        description=Sensitive(step.description),
        because=f"{enrolment.id}~{step.id}",
        focus=f"{enrolment.subject.type}/{enrolment.subject.id}",
        priority=step.priority,
        due_at=None if hours is None else arrival.now + timedelta(hours=hours),
        team=step.team,
    )
    return Outcome("task_requested", (Instruction(asked, task_id),))
