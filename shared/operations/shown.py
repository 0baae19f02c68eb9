"""What an operator is shown of a message: everything but the values in it (D17)."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from shared.kernel.documents import Document
from shared.kernel.queues import DeadLetter
from shared.operations.documents import id_of
from shared.operations.model import ParkedMessage, State

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class ParkedShown:
    """A parked message in a list."""

    id: str
    queue: str
    message_id: str
    session: str | None
    type: str | None
    reason: str
    problems: tuple[tuple[str, str], ...]
    deliveries: int
    parked_at: datetime
    state: State
    decided_by: str | None
    decided_at: datetime | None
    why: str | None


@dataclass(frozen=True, slots=True)
class ParkedExplained:
    """A parked message in full: properties as sent, and of each value in the body its kind only."""

    parked: ParkedShown
    properties: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class DeadLetterShown:
    """A dead letter in a list."""

    queue: str
    sequence_number: int
    message_id: str
    session: str | None
    reason: str
    deliveries: int
    enqueued_at: datetime
    properties: Mapping[str, str]
    body: Any


def shown(document: Document[ParkedMessage]) -> ParkedShown:
    """Show a parked message without its body."""
    parked = document.body
    message = parked.message
    return ParkedShown(
        id_of(document),
        message.queue,
        message.message_id,
        message.session,
        message.properties.get("type"),
        message.reason,
        message.problems,
        message.deliveries,
        parked.parked_at,
        parked.state,
        parked.decided_by,
        parked.decided_at,
        parked.why,
    )


def explained(document: Document[ParkedMessage]) -> ParkedExplained:
    """Show a parked message with the structure of its body."""
    message = document.body.message
    return ParkedExplained(
        shown(document), message.properties, structure(base64.b64decode(message.body.value))
    )


def dead_letter_shown(letter: DeadLetter) -> DeadLetterShown:
    """Show a dead letter; its description is left out, since a host may have put an error's text there."""
    return DeadLetterShown(
        letter.queue,
        letter.sequence_number,
        letter.id,
        letter.session,
        letter.reason,
        letter.delivery_count,
        letter.enqueued_at,
        letter.properties,
        structure(letter.body),
    )


def structure(body: bytes) -> Any:
    """Give the shape of a JSON body: names of fields, and of each value only its kind."""
    try:
        return _shape(json.loads(body))
    except (ValueError, RecursionError):
        return f"not JSON, {len(body)} bytes"


def _shape(value: Any) -> Any:
    match value:
        case dict():
            fields = cast("dict[str, Any]", value)
            return {_name(name): _shape(held) for name, held in fields.items()}
        case list():
            return [_shape(held) for held in cast("list[Any]", value)]
        case bool():
            return "truth"
        case int() | float():
            return "number"
        case None:
            return "nothing"
        case _:
            return "text"


def _name(name: str) -> str:
    """Give a field's name; one that we did not choose could itself be a value."""
    return name if _NAME.fullmatch(name) else "?"
