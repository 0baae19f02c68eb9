"""Queues between functions: the half that sends, and the half that only hosts and operators use (D4, D14)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from shared.kernel.documents import Page

MOST_DELIVERIES = 10
"""Deliveries after which a message of a plain queue is dead-lettered."""
MOST_DELIVERIES_IN_A_SESSION = 2000
"""The same for a session queue, where the edge waits under the lock and then gives back (D6).

At nearly 16 seconds a delivery that outlasts a fault of eight hours. More than 2000 Service Bus is not known
to take (generally known, not checked).
"""
LARGEST_BODY = 200_000
"""Bytes in a message's body. Service Bus Standard takes 256 KB with the properties, which are ours and small
(generally known, not checked)."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message to send. `due_at` is business time; properties never hold patient data (D17)."""

    id: str
    body: bytes
    session: str | None = None
    due_at: datetime | None = None
    properties: Mapping[str, str] = field(default_factory=dict[str, str])


class Queues(Protocol):
    """Sends. May raise `TransientFault`; then some of the messages may have been sent."""

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:
        """Keep the messages durably, in order; a session's messages come out in the order they became due.

        Raises `ValueError` (a bug) for what Service Bus would refuse: a body above `LARGEST_BODY`, a bad id.
        Then none is sent.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message under a lock (peek-lock). `delivery_count` is 1 at the first delivery."""

    queue: str
    sequence_number: int
    id: str
    body: bytes
    session: str | None
    properties: Mapping[str, str]
    enqueued_at: datetime
    delivery_count: int
    lock_token: str
    locked_until: datetime


@dataclass(frozen=True, slots=True)
class SessionLease:
    """The right to be the only one who works on a session, until `locked_until` (machine time)."""

    queue: str
    session: str
    token: str
    locked_until: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was set aside, with the reason."""

    queue: str
    sequence_number: int
    id: str
    body: bytes
    session: str | None
    properties: Mapping[str, str]
    enqueued_at: datetime
    delivery_count: int
    reason: str
    description: str


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How much lies in a queue.

    `oldest_waiting_since` is when the oldest message that is due now was enqueued. Service Bus does not tell
    who is locked: there `locked` counts what this process holds, and what others hold is among `waiting`; and
    a queue is looked into up to a thousand messages that are due, and twenty thousand in all.
    """

    queue: str
    waiting: int
    scheduled: int
    locked: int
    dead: int
    oldest_waiting_since: datetime | None


class LockLost(Exception):
    """The lock has lapsed or was never held: whoever holds it now decides about the message."""


class QueueReceiver(Protocol):
    """Receives and settles. Locks are measured in machine time, `due_at` in business time.

    `lock_for` is how long a lock is wished to last. Where the queue itself says how long, that holds instead:
    the end is always told with the lock. Every method may raise `TransientFault`.
    """

    def receive(self, queue: str, *, limit: int, lock_for: timedelta) -> Sequence[ReceivedMessage]:
        """Lock up to `limit` messages that are due, oldest first; give none when there are none.

        A message whose deliveries have reached the queue's limit is dead-lettered instead
        (`MaxDeliveryCountExceeded`), now or when the last of them failed.
        """
        ...

    def accept_session(
        self, queue: str, *, lock_for: timedelta, wait: timedelta = timedelta()
    ) -> SessionLease | None:
        """Lock the session whose due message has waited longest and that nobody holds, or give None.

        Where the queues can wait for one by themselves, they do so for `wait` before they give None.
        """
        ...

    def receive_in_session(self, lease: SessionLease, *, limit: int) -> Sequence[ReceivedMessage]:
        """Lock up to `limit` messages of the session that are due, in order. Raises `LockLost`."""
        ...

    def renew(self, message: ReceivedMessage, *, lock_for: timedelta) -> datetime:
        """Hold the message longer, in a session the whole session; give the new end. Raises `LockLost`."""
        ...

    def renew_session(self, lease: SessionLease, *, lock_for: timedelta) -> datetime:
        """Hold the session longer; give the new end. Raises `LockLost`."""
        ...

    def release_session(self, lease: SessionLease) -> None:
        """Let others have the session; messages received in it and not settled are due again, uncounted."""
        ...

    def complete(self, messages: Sequence[ReceivedMessage]) -> None:
        """Done: they never come again. Raises `LockLost` if any lock had lapsed; the others are completed."""
        ...

    def abandon(self, message: ReceivedMessage) -> None:
        """Give back: due again at once, one delivery more. Raises `LockLost`."""
        ...

    def dead_letter(self, message: ReceivedMessage, *, reason: str, description: str = "") -> None:
        """Set aside with the reason. Raises `LockLost`."""
        ...

    def dead_letters(self, queue: str, *, limit: int = 100, after: str | None = None) -> Page[DeadLetter]:
        """List what was set aside, oldest first, without locking."""
        ...

    def take_dead_letter(self, queue: str, sequence_number: int) -> DeadLetter:
        """Take one out of the dead letters, for good; of two who do, one gets it. Raises `NotFound`."""
        ...

    def depths(self) -> Sequence[QueueDepth]:
        """Count what lies in each queue that has ever held anything, or in each there is."""
        ...
