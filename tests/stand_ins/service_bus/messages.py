"""A message as the broker keeps it, and its way from and to the wire.

What the sender wrote as properties and body is kept byte for byte; the header and the annotations are the
broker's own.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from uuid import UUID

from tests.stand_ins.service_bus import values
from tests.stand_ins.service_bus.clocks import Alarm
from tests.stand_ins.service_bus.refusals import not_a_message

LARGEST_MESSAGE = 256 * 1024
HEADER, DELIVERY, ANNOTATIONS, PROPERTIES, APPLICATION, DATA, SEQUENCE, VALUE, FOOTER = range(0x70, 0x79)
_OURS = {
    "x-opt-sequence-number",
    "x-opt-enqueue-sequence-number",
    "x-opt-enqueued-time",
    "x-opt-message-state",
    "x-opt-locked-until",
    "x-opt-scheduled-enqueue-time",
}


class State(IntEnum):
    """As the annotation `x-opt-message-state` spells it; a locked message is active."""

    ACTIVE = 0
    DEFERRED = 1
    SCHEDULED = 2


@dataclass(slots=True, eq=False)
class Kept:
    """One message in a queue. `failures` counts the deliveries that came to nothing."""

    bare: bytes
    size: int
    annotations: Mapping[str, bytes]
    message_id: str | None
    session: str | None
    durable: bool = True
    ttl: float | None = None
    scheduled_for: float | None = None
    sequence_number: int = 0
    first_number: int = 0
    enqueued_at: float = 0.0
    failures: int = 0
    state: State = State.ACTIVE
    token: UUID | None = None
    locked_until: float = 0.0
    alarm: Alarm | None = None
    dead_because: tuple[str, str] | None = None
    again: bool = False
    """It was chosen to be delivered once more although it is completed."""


@dataclass(slots=True)
class _Read:
    bare: list[bytes] = field(default_factory=list[bytes])
    annotations: dict[str, bytes] = field(default_factory=dict[str, bytes])
    header: list[object] = field(default_factory=list[object])
    properties: list[object] = field(default_factory=list[object])
    scheduled_for: float | None = None


def messages_in(raw: bytes) -> list[Kept]:
    """Read a transfer: one message, or the many of a batch. Raises `Refused`."""
    try:
        return [parsed(one) for one in _unwrapped(raw)]
    except (values.Malformed, IndexError, struct.error, UnicodeDecodeError, ValueError):
        raise not_a_message() from None


def _unwrapped(raw: bytes) -> list[bytes]:
    """Open a batch. The engine hides the message format, so a batch is known by what it is.

    All of its body is data sections, and each of them is a whole message: nothing that a person writes.
    """
    found = values.sections(raw)
    inner = [values.read(raw, value) for code, _, value, _ in found if code == DATA]
    if not inner or any(code in (APPLICATION, SEQUENCE, VALUE) for code, *_ in found):
        return [raw]
    whole = [one for one in inner if isinstance(one, bytes) and one and _is_a_message(one)]
    return whole if len(whole) == len(inner) else [raw]


def _is_a_message(data: bytes) -> bool:
    if data[0] != 0:
        return False
    try:
        return bool(values.sections(data))
    except values.Malformed:
        return False


def parsed(raw: bytes) -> Kept:
    """Read one message."""
    seen = _Read()
    for code, begin, value, end in values.sections(raw):
        if code >= PROPERTIES:
            seen.bare.append(raw[begin:end])
        _note(seen, code, raw, value)
    ttl = _at(seen.header, 2)
    message_id, session = _at(seen.properties, 0), _at(seen.properties, 10)
    return Kept(
        bare=b"".join(seen.bare),
        size=len(raw),
        annotations=seen.annotations,
        message_id=None if message_id is None else str(message_id),
        session=None if session is None else str(session),
        durable=bool(_at(seen.header, 0)),
        ttl=ttl / 1000 if isinstance(ttl, int) and ttl else None,
        scheduled_for=seen.scheduled_for,
    )


def _note(seen: _Read, code: int, raw: bytes, value: int) -> None:
    if code == HEADER:
        seen.header = [values.read(raw, item) for item in values.items(raw, value)]
    elif code == PROPERTIES:
        seen.properties = [values.read(raw, item) for item in values.items(raw, value)]
    elif code == ANNOTATIONS:
        when = values.read_map(raw, value).get("x-opt-scheduled-enqueue-time")
        seen.scheduled_for = when / 1000 if isinstance(when, int) else None
        seen.annotations = {key: pair for key, pair in values.pairs(raw, value) if key not in _OURS}


def _at(fields: list[object], position: int) -> object:
    return fields[position] if position < len(fields) else None


def rendered(message: Kept, *, locked: bool) -> bytes:
    """Write a message as a receiver gets it."""
    bare = _with_reason(message) if message.dead_because else message.bare
    return _header(message) + _annotations(message, locked=locked) + bare


def _header(message: Kept) -> bytes:
    durable = values.TRUE if message.durable else values.FALSE
    ttl = values.unsigned(round(message.ttl * 1000)) if message.ttl else values.NULL
    fields = (durable, b"\x50\x04", ttl, values.FALSE, values.unsigned(message.failures))
    return values.section(HEADER, values.list_of(fields))


def _annotations(message: Kept, *, locked: bool) -> bytes:
    ours = [
        _NUMBER + values.long(message.sequence_number),
        _FIRST_NUMBER + values.long(message.first_number),
        _ENQUEUED + values.timestamp(message.enqueued_at),
        _STATE + values.integer(message.state),
    ]
    if locked and message.token:
        ours.append(_LOCKED + values.timestamp(message.locked_until))
    if message.scheduled_for:
        ours.append(_SCHEDULED + values.timestamp(message.scheduled_for))
    all_pairs = [*message.annotations.values(), *ours]
    return values.section(ANNOTATIONS, values.map_of(all_pairs, 2 * len(all_pairs)))


_NUMBER = values.symbol("x-opt-sequence-number")
_FIRST_NUMBER = values.symbol("x-opt-enqueue-sequence-number")
_ENQUEUED = values.symbol("x-opt-enqueued-time")
_STATE = values.symbol("x-opt-message-state")
_LOCKED = values.symbol("x-opt-locked-until")
_SCHEDULED = values.symbol("x-opt-scheduled-enqueue-time")


def _with_reason(message: Kept) -> bytes:
    """Add why it is dead to its application properties."""
    reason, description = message.dead_because or ("", "")
    added = {"DeadLetterReason": reason, "DeadLetterErrorDescription": description}
    found = values.sections(message.bare)
    held = {
        key: pair
        for code, _, value, _ in found
        if code == APPLICATION
        for key, pair in values.pairs(message.bare, value)
    }
    held |= {key: values.text(key) + values.text(said) for key, said in added.items()}
    before = b"".join(message.bare[begin:end] for code, begin, _, end in found if code == PROPERTIES)
    after = b"".join(message.bare[begin:end] for code, begin, _, end in found if code > APPLICATION)
    return before + values.section(APPLICATION, values.map_of(held.values(), 2 * len(held))) + after


def body_of(message: Kept) -> bytes:
    """Give the body of a message of data sections."""
    found = values.sections(message.bare)
    parts = [values.read(message.bare, value) for code, _, value, _ in found if code == DATA]
    return b"".join(part for part in parts if isinstance(part, bytes))


def properties_of(message: Kept) -> dict[str, str]:
    """Give the application properties, as text."""
    found = values.sections(message.bare)
    held = [values.read_map(message.bare, value) for code, _, value, _ in found if code == APPLICATION]
    return {key: _as_text(value) for one in held for key, value in one.items()}


def _as_text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
