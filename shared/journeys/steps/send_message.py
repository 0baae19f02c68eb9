"""Send a message (ST-1)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.appointments.model import AppointmentWords
from shared.journeys.model import Enrolment, SendMessageStep
from shared.journeys.steps.arrival import Arrival, Instruction, Outcome
from shared.kernel.identity import derived
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import CancelMessage, SendMessage


def decide(step: SendMessageStep, arrival: Arrival) -> Outcome:
    """Ask messaging for the message. Its id says what it is, so asking twice is asking once.

    What leads to an appointment is left out once that has begun: a reminder of it would only confuse.
    """
    enrolment = arrival.enrolment
    if enrolment.is_bound and _has_begun(arrival):
        return Outcome("too_late")
    message_id = derived(enrolment.patient_id, enrolment.id, step.id, str(arrival.occurrence))
    asked = SendMessage(
        message_id=message_id,
        patient_id=enrolment.patient_id,
        channel=step.channel,
        template_id=step.template_id,
        because=f"{enrolment.id}~{step.id}",
        values=Sensitive({**step.values, **_appointment(arrival)}),
        expires_at=_expiry(step, arrival),
        ignore_quiet_time=step.ignore_quiet_time,
        told_of=enrolment.told_of,
        about=enrolment.subject.reference,
    )
    return Outcome("message_requested", (Instruction(asked, message_id),), message_id=message_id)


def _has_begun(arrival: Arrival) -> bool:
    begins = arrival.enrolment.subject_at
    return begins is not None and begins <= arrival.now


def _appointment(arrival: Arrival) -> dict[str, str]:
    """Give what a template may say of the appointment; empty text is what the record does not say.

    `appointment_at` is ISO 8601 as the clock shows it there, or as ours does where nobody knows.
    `appointment_mode` is `virtual` or `in_person`.
    """
    begins, words = arrival.enrolment.subject_at, arrival.enrolment.subject_words
    if begins is None:
        return {}
    words = words or AppointmentWords(begins.astimezone(ZoneInfo(arrival.zone)).isoformat())
    return {
        "appointment_at": words.at,
        "appointment_place": words.place,
        "appointment_with": words.with_whom,
        "appointment_mode": "virtual" if words.by_video else "in_person",
    }


def _expiry(step: SendMessageStep, arrival: Arrival) -> datetime | None:
    """Say when it is of no use any more: what speaks of an appointment to come, when that has begun."""
    hours, begins = step.expires_after_hours, arrival.enrolment.subject_at
    usual = None if hours is None else arrival.now + timedelta(hours=hours)
    if begins is None or _has_begun(arrival):
        return usual
    return begins if usual is None else min(usual, begins)


def take_back(step: SendMessageStep, enrolment: Enrolment, message_id: str) -> Instruction:
    """Ask messaging not to send it after all; what is on its way already goes there."""
    cancelled = CancelMessage(
        message_id=message_id,
        patient_id=enrolment.patient_id,
        channel=step.channel,
        template_id=step.template_id,
        because=f"{enrolment.id}~{step.id}",
    )
    return Instruction(cancelled, message_id)
