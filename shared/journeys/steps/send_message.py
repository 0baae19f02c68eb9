"""Send a message (ST-1)."""

from datetime import timedelta

from shared.journeys.model import Enrolment, SendMessageStep
from shared.journeys.steps.arrival import Arrival, Instruction, Outcome
from shared.kernel.identity import derived
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import CancelMessage, SendMessage


def decide(step: SendMessageStep, arrival: Arrival) -> Outcome:
    """Ask messaging for the message. Its id says what it is, so asking twice is asking once."""
    enrolment = arrival.enrolment
    message_id = derived(enrolment.patient_id, enrolment.id, step.id, str(arrival.occurrence))
    hours = step.expires_after_hours
    asked = SendMessage(
        message_id=message_id,
        patient_id=enrolment.patient_id,
        channel=step.channel,
        template_id=step.template_id,
        because=f"{enrolment.id}~{step.id}",
        values=Sensitive(dict(step.values)),
        expires_at=None if hours is None else arrival.now + timedelta(hours=hours),
        ignore_quiet_time=step.ignore_quiet_time,
    )
    return Outcome("message_requested", (Instruction(asked, message_id),), message_id=message_id)


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
