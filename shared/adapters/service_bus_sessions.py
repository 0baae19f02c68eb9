"""Sessions of Service Bus: each that is held has a receiver of its own."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import TypeVar

from azure.servicebus import (
    NEXT_AVAILABLE_SESSION,
    ServiceBusClient,
    ServiceBusReceivedMessage,
    ServiceBusReceiver,
)
from azure.servicebus.exceptions import OperationTimeoutError

from shared.adapters import service_bus_messages as messages
from shared.adapters.service_bus import faults_told
from shared.adapters.service_bus_handlers import Closings
from shared.adapters.service_bus_holds import Hold, Holds
from shared.adapters.service_bus_lanes import Lane, Silence
from shared.adapters.service_bus_peeks import COMES_WITHIN, WITHIN, is_due, peeked, until_full
from shared.kernel.clock import Clock
from shared.kernel.identity import IdSource
from shared.kernel.queues import LockLost, ReceivedMessage, SessionLease

_SHORTEST_WAIT = 1.0
"""Seconds the broker is given to find a session that is there."""
_TO_CLOSE = 1.0

T = TypeVar("T")


@dataclass(slots=True)
class HeldSession:
    """One session with its receiver, which only the thread of its lane uses."""

    lease: SessionLease
    receiver: ServiceBusReceiver
    lane: Lane


class HeldSessions:
    """The sessions that this process holds, by the tokens of their leases."""

    def __init__(  # noqa: PLR0913  # what it is made of, each a different thing
        self,
        client: ServiceBusClient,
        closings: Closings,
        holds: Holds,
        *,
        clock: Clock,
        ids: IdSource,
        silences: Mapping[str, Silence],
        within: float,
    ) -> None:
        self._client = client
        self._closings = closings
        self._holds = holds
        self._clock = clock
        self._ids = ids
        self._silences = silences
        self._within = within
        self._held: dict[str, HeldSession] = {}
        self._lock = threading.Lock()

    def accept(self, queue: str, *, wait: timedelta) -> SessionLease | None:
        """Ask for the next session; the broker answers when there is one, or after the wait."""
        seconds = max(wait.total_seconds(), _SHORTEST_WAIT)
        receiver = self._client.get_queue_receiver(
            queue, session_id=NEXT_AVAILABLE_SESSION, max_wait_time=seconds
        )
        at_the_end = partial(self._closings.close, receiver)
        lane = Lane(f"holds a session of {queue}", self._silences[queue], at_the_end)
        with faults_told():
            try:
                lane.do(receiver.__enter__, within=seconds + self._within)
            except OperationTimeoutError:
                lane.close(0)
                return None
            except Exception:
                lane.close(0)
                raise
        return self._noted_session(queue, receiver, lane)

    def receive(self, lease: SessionLease, *, limit: int, wait: timedelta) -> Sequence[ReceivedMessage]:
        held, seconds = self.find(lease.token), wait.total_seconds()
        if wait:
            found = self._do(held, lambda it: it.receive_messages(limit, max_wait_time=seconds), more=seconds)
        else:
            found = self._do(held, lambda _: self._what_is_there(held, limit), more=COMES_WITHIN)
        return [self._noted(held, message) for message in found]

    def renew(self, token: str) -> SessionLease:
        """Hold the session longer; give the lease with its new end."""
        held = self.find(token)
        until = messages.aware(self._do(held, lambda it: it.session.renew_lock(timeout=WITHIN)))
        held.lease = SessionLease(held.lease.queue, held.lease.session, token, until)
        self._holds.renewed(token, until)
        return held.lease

    def settle(self, token: str, act: Callable[[ServiceBusReceiver], None]) -> None:
        """Settle through the receiver that holds the session. Raises `LockLost`."""
        held = self.find(token)
        try:
            self._do(held, act)
        except ValueError:  # the library's word for a receiver that has closed itself after an error
            raise LockLost from None

    def release(self, token: str) -> None:
        """Close the session's receiver, which is what gives it back; nothing happens if it is not held."""
        with self._lock:
            held = self._held.pop(token, None)
        self._holds.forget_session(token)
        if held is not None:
            held.lane.close(_TO_CLOSE)

    def release_all(self) -> None:
        with self._lock:
            held = dict(self._held)
        for one in held.values():
            one.lane.close(0)
        for token in held:
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

    def _do(self, held: HeldSession, act: Callable[[ServiceBusReceiver], T], *, more: float = 0) -> T:
        with faults_told():
            return held.lane.do(lambda: act(held.receiver), within=self._within + more)

    def _what_is_there(self, held: HeldSession, limit: int) -> Sequence[ServiceBusReceivedMessage]:
        """Ask for as many as lie there: what is asked for in vain would be locked when it comes."""
        mine = self._holds.numbers(held.lease.queue)
        found = until_full(partial(peeked, held.receiver))
        free = (each for each in found if is_due(each) and each.sequence_number not in mine)
        there = sum(1 for _ in islice(free, limit))
        return held.receiver.receive_messages(there, max_wait_time=COMES_WITHIN) if there else ()

    def _noted_session(self, queue: str, receiver: ServiceBusReceiver, lane: Lane) -> SessionLease:
        session = receiver.session
        until = messages.aware(session.locked_until_utc)
        lease = SessionLease(queue, session.session_id, self._ids.new(), until)
        with self._lock:
            self._held[lease.token] = HeldSession(lease, receiver, lane)
        return lease

    def _noted(self, held: HeldSession, message: ServiceBusReceivedMessage) -> ReceivedMessage:
        lease = held.lease
        found = messages.received(message, lease.queue, token=lease.token, until=lease.locked_until)
        self._holds.note(lease.token, Hold(lease.queue, found.sequence_number, message, lease.locked_until))
        return found
