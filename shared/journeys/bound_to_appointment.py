"""How a run goes on that is about an appointment, which others may have changed meanwhile: pure (AP-9)."""

from dataclasses import replace
from datetime import datetime

from shared.appointments.model import AppointmentNow
from shared.journeys.engine import Decision, next_step, stopped
from shared.journeys.model import Enrolment, Journey, WaitBeforeStep

OFF = frozenset({"cancelled", "noshow", "entered-in-error"})
"""FHIR R4 `Appointment.status` of those to which nobody comes."""


def told_of(enrolment: Enrolment, appointment: AppointmentNow | None) -> Enrolment:
    """Let a run that begins know the appointment as the record now has it; later news may be on its way."""
    if appointment is None or appointment.starts_at is None:
        return enrolment
    return replace(enrolment, subject_at=appointment.starts_at, subject_words=appointment.words)


def next_step_before(
    journey: Journey, enrolment: Enrolment, appointment: AppointmentNow | None, *, zone: str, now: datetime
) -> Decision | None:
    """Take the next steps by what the record says of the appointment, or end with it."""
    if appointment is None or appointment.status in OFF:
        return stopped(enrolment, journey, "appointment_cancelled", now)
    moved = moved_to(enrolment, journey, appointment.starts_at)
    return next_step(journey, told_of(moved, appointment), zone=zone, now=now)


def moved_to(enrolment: Enrolment, journey: Journey, begins: datetime | None) -> Enrolment:
    """Let it know when its appointment now begins; who waits for that arrives at the wait anew."""
    if begins is None or begins == enrolment.subject_at:
        return enrolment
    moved = replace(enrolment, subject_at=begins)
    waits_for_it = isinstance(journey.steps[enrolment.position], WaitBeforeStep)
    return replace(moved, due_at=None, failing=None) if waits_for_it else moved
