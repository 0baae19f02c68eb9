"""The protocol engine's objects as this broker uses them; its library leaves gaps in its types."""

import uuid
from collections.abc import Mapping
from os import urandom
from typing import Any, Protocol, cast

from proton import UNDESCRIBED, Array, Condition, Data, Delivery, Link, Message, symbol

from tests.stand_ins.service_bus.refusals import Refused

_LINK, _DATA, _ARRAY = cast("Any", Link), cast("Any", Data), cast("Any", Array)
LOCAL_ACTIVE: int = _LINK.LOCAL_ACTIVE
SENDER_SETTLED: int = _LINK.SND_SETTLED
LONG: int = _DATA.LONG
TIMESTAMP: int = _DATA.TIMESTAMP
STRING: int = _DATA.STRING
ACCEPTED, REJECTED = int(Delivery.ACCEPTED), int(Delivery.REJECTED)
RELEASED, MODIFIED = int(Delivery.RELEASED), int(Delivery.MODIFIED)


class Outcome(Protocol):
    """One side's word on a delivery."""

    condition: Condition | None
    failed: bool
    undeliverable: bool


class AmqpDelivery(Protocol):
    """One transfer, until both sides have settled it."""

    token: uuid.UUID | None
    """Ours: the lock of the message that is in it."""
    local: Outcome
    remote: Outcome

    @property
    def link(self) -> "AmqpLink": ...
    @property
    def readable(self) -> bool: ...
    @property
    def partial(self) -> bool: ...
    @property
    def pending(self) -> int: ...
    @property
    def updated(self) -> bool: ...
    @property
    def remote_state(self) -> int: ...
    def update(self, state: int) -> None: ...
    def settle(self) -> None: ...


class Terminus(Protocol):
    """A link's source or target."""

    type: int

    @property
    def address(self) -> str | None: ...
    @property
    def filter(self) -> Any: ...
    def copy(self, other: "Terminus") -> None: ...


class AmqpLink(Protocol):
    """A link, seen from here; `is_sender` when the broker is the one that sends."""

    snd_settle_mode: int
    rcv_settle_mode: int
    max_message_size: int
    condition: Condition | None
    properties: Mapping[symbol, object] | None

    @property
    def state(self) -> int: ...
    @property
    def is_sender(self) -> bool: ...
    @property
    def credit(self) -> int: ...
    @property
    def drain_mode(self) -> bool: ...
    @property
    def session(self) -> object: ...
    @property
    def source(self) -> Terminus: ...
    @property
    def target(self) -> Terminus: ...
    @property
    def remote_source(self) -> Terminus: ...
    @property
    def remote_target(self) -> Terminus: ...
    @property
    def remote_properties(self) -> Mapping[str, object] | None: ...
    @property
    def remote_snd_settle_mode(self) -> int: ...
    @property
    def remote_rcv_settle_mode(self) -> int: ...
    def open(self) -> None: ...
    def close(self) -> None: ...
    def flow(self, n: int) -> None: ...
    def recv(self, limit: int) -> bytearray | None: ...
    def delivery(self, tag: bytes) -> AmqpDelivery: ...
    def stream(self, data: bytes) -> int: ...
    def advance(self) -> bool: ...
    def drained(self) -> int: ...


def array_of(kind: int, values: list[Any]) -> Any:
    """Make an AMQP array."""
    return _ARRAY(UNDESCRIBED, kind, *values)


def listed(values: Any) -> list[Any]:
    """Read an AMQP array or list."""
    return list(getattr(values, "elements", values))


def told_in(message: Message) -> dict[str, Any]:
    """Read a request's application properties."""
    return dict(cast("Mapping[str, Any]", message.properties or {}))


def body_of_request(message: Message) -> Any:
    """Read a request's body."""
    return cast("Any", message).body


def condition_of(why: Refused) -> Condition:
    """Spell a refusal. It always carries an info map: without one the client's send never returns."""
    tracking = str(uuid.UUID(bytes=urandom(16)))
    return Condition(
        why.condition, f"{why.description} TrackingId:{tracking}", {symbol("tracking-id"): tracking}
    )
