"""How a run goes on that is about an appointment, which others may have changed meanwhile: pure (AP-9)."""

from dataclasses import replace
from datetime import datetime

from shared.appointments.model import AppointmentNow
from shared.journeys.engine import Decision, next_step, stopped
from shared.journeys.model import ByAppointment, Enrolment, Journey, WaitBeforeStep

OFF = frozenset({"cancelled", "noshow", "entered-in-error"})
"""FHIR R4 `Appointment.status` of those to which nobody comes."""


def is_bound(enrolment: Enrolment) -> bool:
    """Say whether the run lasts as long as its appointment; that of a cancelled one has nothing to lose."""
    cause = enrolment.cause
    return isinstance(cause, ByAppointment) and cause.happened != "cancelled"


def next_step_before(
    journey: Journey, enrolment: Enrolment, appointment: AppointmentNow | None, *, zone: str, now: datetime
) -> Decision | None:
    """Take the next steps by what the record says of the appointment, or end with it."""
    if appointment is None or appointment.status in OFF:
        return stopped(enrolment, journey, "appointment_cancelled", now)
    return next_step(journey, moved_to(enrolment, journey, appointment.starts_at), zone=zone, now=now)


def moved_to(enrolment: Enrolment, journey: Journey, begins: datetime | None) -> Enrolment:
    """Let it know when its appointment now begins; who waits for that arrives at the wait anew."""
    if begins is None or begins == enrolment.subject_at:
        return enrolment
    moved = replace(enrolment, subject_at=begins)
    waits_for_it = isinstance(journey.steps[enrolment.position], WaitBeforeStep)
    return replace(moved, due_at=None, failing=None) if waits_for_it else moved
