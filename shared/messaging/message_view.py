"""Messages as staff are shown them: what happened, never to which address."""

from dataclasses import dataclass
from datetime import datetime

from shared.messaging.decision import Attempt, Decision
from shared.messaging.model import Cause, Channel, Message, MessageState, Purpose, Verdict


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message; with `related_person_id` it went to that person, and not to the patient."""

    message_id: str
    channel: Channel
    template_id: str
    because: str
    state: MessageState
    reason: Cause | None
    asked_at: datetime
    moved_at: datetime
    contact: str | None
    related_person_id: str | None = None


@dataclass(frozen=True, slots=True)
class WhyMessage:
    """Why this person did, or did not, get this message: each check, each attempt, and all times (D10)."""

    message: MessageView
    purpose: Purpose | None = None
    template_version: int | None = None
    language: str | None = None
    checks: tuple[Verdict, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    released_at: datetime | None = None
    expires_at: datetime | None = None
    claimed_until: datetime | None = None
    provider_reference: str | None = None


def view_of(message: Message) -> MessageView:
    """Show a message as its patient's partition knows it."""
    asked = message.asked
    return MessageView(
        message_id=asked.message_id,
        channel=asked.channel,
        template_id=asked.template_id,
        because=asked.because,
        state=message.state,
        reason=message.reason,
        asked_at=message.asked_at,
        moved_at=message.moved_at,
        contact=message.contact,
        related_person_id=asked.related_person_id,
    )


def why(message: Message, decision: Decision | None) -> WhyMessage:
    """Explain it from what was decided; before that, or without an address, there is only the message."""
    if decision is None:
        return WhyMessage(view_of(message), expires_at=message.asked.expires_at)
    return WhyMessage(
        message=view_of(message),
        purpose=decision.purpose,
        template_version=decision.template_version,
        language=decision.rendered.value.language if decision.rendered else None,
        checks=decision.trail,
        attempts=decision.attempts,
        released_at=decision.release_at,
        expires_at=decision.order.expires_at,
        claimed_until=decision.claimed_until,
        provider_reference=decision.provider_reference,
    )
