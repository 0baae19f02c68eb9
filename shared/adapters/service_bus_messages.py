"""Messages as the Service Bus library has them, and as the ports have them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from azure.servicebus import ServiceBusMessage, ServiceBusReceivedMessage

from shared.kernel.queues import LARGEST_BODY, DeadLetter, OutgoingMessage, ReceivedMessage

LONGEST_NAME = 128
"""Characters in a message or session id."""
CONTENT_TYPE = "application/json"
_OF_THE_BROKER = frozenset({"DeadLetterReason", "DeadLetterErrorDescription"})
_COUNTED_BY_THE_BROKER = frozenset({"MaxDeliveryCountExceeded", "TTLExpiredException"})
"""Reasons of dead letters whose last delivery is counted; setting a message aside is no failed delivery."""


def refuse_impossible(message: OutgoingMessage, *, in_sessions: bool) -> None:
    """Raise `ValueError` for what no queue would ever take, or this one."""
    insist_on(sessions=message.session is not None, given=in_sessions)
    for name in (message.id, message.session or "-"):
        if not 0 < len(name) <= LONGEST_NAME:
            text = f"a message or session id has 1 to {LONGEST_NAME} characters"
            raise ValueError(text)
    if len(message.body) > LARGEST_BODY:
        text = f"a message's body has {LARGEST_BODY} bytes at most"
        raise ValueError(text)
    if message.due_at is not None and message.due_at.tzinfo is None:
        text = "a due time has a zone"
        raise ValueError(text)


def insist_on(*, sessions: bool, given: bool) -> None:
    """Raise `ValueError` (a bug) unless sessions are used where a queue has them, and nowhere else."""
    if sessions != given:
        text = "this queue works in sessions" if given else "this queue has no sessions"
        raise ValueError(text)


def outgoing(message: OutgoingMessage, now: datetime) -> ServiceBusMessage:
    """Spell a message; what is due by now is sent plainly."""
    later = message.due_at is not None and message.due_at > now
    properties: dict[Any, Any] = dict(message.properties)
    return ServiceBusMessage(
        message.body,
        message_id=message.id,
        session_id=message.session,
        content_type=CONTENT_TYPE,
        application_properties=properties,
        scheduled_enqueue_time_utc=message.due_at if later else None,
    )


def received(
    message: ServiceBusReceivedMessage, queue: str, *, token: str, until: datetime
) -> ReceivedMessage:
    """Read a message that is locked under a token until then."""
    return ReceivedMessage(
        queue,
        _sequence(message),
        message.message_id or "",
        _body(message),
        message.session_id,
        _properties(message),
        enqueued_at(message),
        (message.delivery_count or 0) + 1,
        token,
        until,
    )


def dead_letter(message: ServiceBusReceivedMessage, queue: str) -> DeadLetter:
    """Read a dead letter, received or only looked at."""
    reason = message.dead_letter_reason or ""
    failed = message.delivery_count or 0
    return DeadLetter(
        queue,
        _sequence(message),
        message.message_id or "",
        _body(message),
        message.session_id,
        _properties(message),
        enqueued_at(message),
        failed if reason in _COUNTED_BY_THE_BROKER else failed + 1,
        reason,
        message.dead_letter_error_description or "",
    )


def enqueued_at(message: ServiceBusReceivedMessage) -> datetime:
    return aware(message.enqueued_time_utc)


def aware(instant: datetime | None) -> datetime:
    """Give an instant in UTC, however the library has it."""
    if instant is None:
        return datetime.min.replace(tzinfo=UTC)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _sequence(message: ServiceBusReceivedMessage) -> int:
    return message.sequence_number or 0


def _body(message: ServiceBusReceivedMessage) -> bytes:
    sections = message.body
    return sections if isinstance(sections, bytes) else b"".join(sections)


def _properties(message: ServiceBusReceivedMessage) -> Mapping[str, str]:
    found = {_text(name): _text(value) for name, value in (message.application_properties or {}).items()}
    return {name: value for name, value in found.items() if name not in _OF_THE_BROKER}


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
