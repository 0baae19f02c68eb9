"""Sessions of Service Bus: each that is held has a receiver of its own."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from azure.servicebus import (
    NEXT_AVAILABLE_SESSION,
    ServiceBusClient,
    ServiceBusMessageState,
    ServiceBusReceivedMessage,
    ServiceBusReceiver,
)
from azure.servicebus.exceptions import OperationTimeoutError

from shared.adapters import service_bus_messages as messages
from shared.adapters.service_bus import faults_told
from shared.adapters.service_bus_handlers import Closings
from shared.adapters.service_bus_holds import Hold, Holds
from shared.adapters.service_bus_peeks import COMES_WITHIN, WITHIN, all_from
from shared.kernel.clock import Clock
from shared.kernel.identity import IdSource
from shared.kernel.queues import LockLost, ReceivedMessage, SessionLease

MOST_LOOKED_AT = 1000
"""Messages of one queue that are counted; a queue with more is full enough to say so."""
_SHORTEST_WAIT = 1.0
"""Seconds the broker is given to find a session that is there."""


@dataclass(slots=True)
class HeldSession:
    """One session with its receiver, which one thread uses at a time."""

    lease: SessionLease
    receiver: ServiceBusReceiver
    lock: threading.Lock = field(default_factory=threading.Lock)


class HeldSessions:
    """The sessions that this process holds, by the tokens of their leases."""

    def __init__(
        self, client: ServiceBusClient, closings: Closings, holds: Holds, *, clock: Clock, ids: IdSource
    ) -> None:
        self._client = client
        self._closings = closings
        self._holds = holds
        self._clock = clock
        self._ids = ids
        self._held: dict[str, HeldSession] = {}
        self._lock = threading.Lock()

    def accept(self, queue: str, *, wait: timedelta) -> SessionLease | None:
        """Ask for the next session; the broker answers when there is one, or after the wait."""
        seconds = max(wait.total_seconds(), _SHORTEST_WAIT)
        with faults_told():
            receiver = self._client.get_queue_receiver(
                queue, session_id=NEXT_AVAILABLE_SESSION, max_wait_time=seconds
            )
            try:
                receiver.__enter__()
            except OperationTimeoutError:
                return None
        session = receiver.session
        lease = SessionLease(
            queue, session.session_id, self._ids.new(), messages.aware(session.locked_until_utc)
        )
        with self._lock:
            self._held[lease.token] = HeldSession(lease, receiver)
        return lease

    def receive(self, lease: SessionLease, *, limit: int, wait: timedelta) -> Sequence[ReceivedMessage]:
        held = self.find(lease.token)
        with held.lock, faults_told():
            if wait:
                found = held.receiver.receive_messages(limit, max_wait_time=wait.total_seconds())
            else:
                found = self._what_is_there(held, limit)
        return [self._noted(held, message) for message in found]

    def renew(self, token: str) -> SessionLease:
        """Hold the session longer; give the lease with its new end."""
        held = self.find(token)
        with held.lock, faults_told():
            until = messages.aware(held.receiver.session.renew_lock(timeout=WITHIN))
        held.lease = SessionLease(held.lease.queue, held.lease.session, token, until)
        self._holds.renewed(token, until)
        return held.lease

    def settle(self, token: str, act: Callable[[ServiceBusReceiver], None]) -> None:
        """Settle through the receiver that holds the session. Raises `LockLost`."""
        held = self.find(token)
        try:
            with held.lock, faults_told():
                act(held.receiver)
        except ValueError:  # the library's word for a receiver that has closed itself after an error
            raise LockLost from None

    def release(self, token: str) -> None:
        """Close the session's receiver, which is what gives it back; nothing happens if it is not held."""
        with self._lock:
            held = self._held.pop(token, None)
        self._holds.forget_session(token)
        if held is not None:
            self._closings.close(held.receiver)

    def release_all(self) -> None:
        with self._lock:
            tokens = list(self._held)
        for token in tokens:
            self.release(token)

    def find(self, token: str) -> HeldSession:
        """Give the session that is held under the token. Raises `LockLost`."""
        with self._lock:
            held = self._held.get(token)
        if held is None:
            raise LockLost
        return held

    def names(self, queue: str) -> frozenset[str]:
        """Give the sessions of a queue that are held here now."""
        now = self._clock.real()
        with self._lock:
            return frozenset(
                held.lease.session
                for held in self._held.values()
                if held.lease.queue == queue and held.lease.locked_until > now
            )

    def _what_is_there(self, held: HeldSession, limit: int) -> Sequence[ServiceBusReceivedMessage]:
        """Ask for as many as lie there: what is asked for in vain would be locked when it comes."""
        mine = self._holds.numbers(held.lease.queue)

        def look(first: int, most: int) -> Sequence[ServiceBusReceivedMessage]:
            return held.receiver.peek_messages(most, sequence_number=first, timeout=WITHIN)

        free = (
            each
            for each in all_from(look, most=MOST_LOOKED_AT)
            if is_due(each) and each.sequence_number not in mine
        )
        there = sum(1 for _ in islice(free, limit))
        return held.receiver.receive_messages(there, max_wait_time=COMES_WITHIN) if there else ()

    def _noted(self, held: HeldSession, message: ServiceBusReceivedMessage) -> ReceivedMessage:
        lease = held.lease
        found = messages.received(message, lease.queue, token=lease.token, until=lease.locked_until)
        self._holds.note(lease.token, Hold(lease.queue, found.sequence_number, message, lease.locked_until))
        return found


def is_due(message: ServiceBusReceivedMessage) -> bool:
    """Say whether a message that was looked at waits or is locked, rather than being scheduled."""
    return message.state == ServiceBusMessageState.ACTIVE
