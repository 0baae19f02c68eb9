"""Receives from Azure Service Bus: for the local host, and for operators who look into queues (D4, D14)."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from azure.servicebus import ServiceBusReceivedMessage, ServiceBusReceiver, ServiceBusSubQueue

from shared.adapters import service_bus_messages as messages
from shared.adapters.service_bus import Place, faults_told
from shared.adapters.service_bus_dead_letters import DeadLetters
from shared.adapters.service_bus_handlers import Closings
from shared.adapters.service_bus_holds import Hold, Holds
from shared.adapters.service_bus_lanes import Silence, Way
from shared.adapters.service_bus_peeks import (
    COMES_WITHIN,
    MOST_DUE,
    WITHIN,
    Look,
    by_browser,
    by_receiver,
    is_due,
    until_full,
)
from shared.adapters.service_bus_sessions import HeldSessions
from shared.kernel.clock import Clock
from shared.kernel.documents import Page
from shared.kernel.identity import IdSource, RandomIds
from shared.kernel.queues import (
    DeadLetter,
    LockLost,
    QueueDepth,
    QueueReceiver,
    ReceivedMessage,
    SessionLease,
)
from shared.kernel.refusals import NotFound

_SIDE_BY_SIDE = 8
"""Queues that are looked into at once."""
_TO_CLOSE = 3.0
_AT_ONCE = timedelta()

_Settle = Callable[[ServiceBusReceiver, ServiceBusReceivedMessage], None]


class _OneQueue:
    """What is kept open for one queue: what receives never settles, so that neither waits for the other.

    The service lets a message of a plain queue be settled by its lock token, whoever received it. A session's
    messages are settled by the receiver that holds the session.
    """

    def __init__(
        self, name: str, make: Callable[..., ServiceBusReceiver], closings: Closings, *, within: float
    ) -> None:
        self.silence = Silence()
        self.receiving = Way(f"receives from {name}", partial(make, name), closings, self.silence)
        self.desk = Way(f"settles in {name}", partial(make, name), closings, self.silence)
        dead = partial(make, name, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
        self.dead_letters = DeadLetters(name, dead, closings, self.silence, within=within)
        self.look: Look = by_receiver(self.desk, within)

    def close(self, seconds: float) -> None:
        self.receiving.close(seconds)
        self.desk.close(seconds)
        self.dead_letters.close(seconds)


class ServiceBusQueueReceiver(QueueReceiver):
    """Keeps `QueueReceiver`'s promises over the queues that are named.

    What is asked for at once is looked for before it is received, since what is asked for in vain would be
    locked for nobody when it comes. What may be waited for is received without looking.
    """

    def __init__(
        self,
        place: Place,
        *,
        clock: Clock,
        queues: Sequence[str],
        session_queues: frozenset[str],
        ids: IdSource | None = None,
        within: float = WITHIN,
    ) -> None:
        self._client = place.connect()
        self._clock = clock
        self._session_queues = session_queues
        self._closings = Closings()
        self._holds = Holds(clock.real)
        self._within = within
        make = self._client.get_queue_receiver
        self._queues = {name: _OneQueue(name, make, self._closings, within=within) for name in queues}
        for name in session_queues & self._queues.keys():
            one = self._queues[name]
            one.look = by_browser(self._client, name, self._closings, one.silence, within)
        self._sessions = HeldSessions(
            self._client,
            self._closings,
            self._holds,
            clock=clock,
            ids=ids or RandomIds(),
            silences={name: one.silence for name, one in self._queues.items()},
            within=within,
        )
        self._lookers = ThreadPoolExecutor(_SIDE_BY_SIDE, "look")
        self._lately_due: str | None = None
        """Where something was due when all were last looked at: looked at first, it may spare the others."""

    def receive(
        self,
        queue: str,
        *,
        limit: int,
        lock_for: timedelta,  # noqa: ARG002  # the queue has its own duration
        wait: timedelta = _AT_ONCE,
    ) -> Sequence[ReceivedMessage]:
        messages.insist_on(sessions=False, given=queue in self._session_queues)
        way = self._queues[queue].receiving
        with faults_told():
            if wait:
                seconds, asked = wait.total_seconds(), limit
            else:
                seconds, asked = COMES_WITHIN, self._how_many_free(queue, limit)
            if not asked:
                return ()
            found = way.use(
                lambda receiver: receiver.receive_messages(asked, max_wait_time=seconds),
                within=seconds + self._within,
            )
        if not wait and len(found) < asked:  # others were quicker: what was asked for in vain is taken back
            way.let_go(within=self._within)
            self._closings.wait(_TO_CLOSE)
        return [self._noted(queue, message) for message in found]

    def accept_session(
        self,
        queue: str,
        *,
        lock_for: timedelta,  # noqa: ARG002  # the queue has its own duration
        wait: timedelta = _AT_ONCE,
    ) -> SessionLease | None:
        messages.insist_on(sessions=True, given=queue in self._session_queues)
        if not wait and not self._is_any_session_free(queue):
            return None
        return self._sessions.accept(queue, wait=wait)

    def receive_in_session(
        self, lease: SessionLease, *, limit: int, wait: timedelta = _AT_ONCE
    ) -> Sequence[ReceivedMessage]:
        return self._sessions.receive(lease, limit=limit, wait=wait)

    def renew(self, message: ReceivedMessage, *, lock_for: timedelta) -> datetime:  # noqa: ARG002  # the queue has its own duration
        if message.session is not None:
            return self._sessions.renew(message.lock_token).locked_until
        hold = self._hold_of(message)
        with faults_told():
            until = self._queues[message.queue].desk.use(
                lambda desk: desk.renew_message_lock(hold.message, timeout=WITHIN), within=self._within
            )
        self._holds.renewed(message.lock_token, messages.aware(until))
        return messages.aware(until)

    def renew_session(self, lease: SessionLease, *, lock_for: timedelta) -> datetime:  # noqa: ARG002  # the queue has its own duration
        return self._sessions.renew(lease.token).locked_until

    def release_session(self, lease: SessionLease) -> None:
        self._sessions.release(lease.token)

    def complete(self, messages: Sequence[ReceivedMessage]) -> None:
        are_lost = [not self._is_completed(message) for message in messages]
        if any(are_lost):
            raise LockLost

    def abandon(self, message: ReceivedMessage) -> None:
        self._settle(message, lambda receiver, held: receiver.abandon_message(held))

    def dead_letter(self, message: ReceivedMessage, *, reason: str, description: str = "") -> None:
        self._settle(
            message,
            lambda receiver, held: receiver.dead_letter_message(
                held, reason=reason, error_description=description
            ),
        )

    def dead_letters(self, queue: str, *, limit: int = 100, after: str | None = None) -> Page[DeadLetter]:
        known = self._queues.get(queue)
        return Page(()) if known is None else known.dead_letters.page(limit=limit, after=after)

    def take_dead_letter(self, queue: str, sequence_number: int) -> DeadLetter:
        known = self._queues.get(queue)
        if known is None:
            raise NotFound
        return known.dead_letters.take(sequence_number)

    def depths(self) -> Sequence[QueueDepth]:
        return list(self._lookers.map(self._depth, self._queues))

    def is_anything_due(self) -> bool:
        """Say whether in any queue something waits or is locked; it does not look at dead letters."""
        if self._lately_due is not None and self._is_anything_due_in(self._lately_due):
            return True
        looked = zip(self._queues, self._lookers.map(self._is_anything_due_in, self._queues), strict=True)
        self._lately_due = next((name for name, is_due in list(looked) if is_due), None)
        return self._lately_due is not None

    def forget_locks(self) -> None:
        """Give back every session, and let the locks of messages lapse."""
        self._sessions.release_all()
        self._holds.forget_all()

    def close(self) -> None:
        """Give back the sessions and close what is open; what others still wait for, ends with its wait."""
        self.forget_locks()
        self._lookers.shutdown()
        until = time.monotonic() + _TO_CLOSE
        for queue in self._queues.values():
            queue.close(0)
        for queue in self._queues.values():
            queue.close(max(0, until - time.monotonic()))
        self._closings.wait(_TO_CLOSE)

    def _depth(self, name: str) -> QueueDepth:
        queue, mine = self._queues[name], self._holds.numbers(name)
        due: list[ServiceBusReceivedMessage] = []
        scheduled = 0
        with faults_told():
            for each in until_full(queue.look):
                if is_due(each):
                    due.append(each)
                else:
                    scheduled += 1
        waiting = [each for each in due if each.sequence_number not in mine]
        dead = queue.dead_letters.count(most=MOST_DUE)
        since = min(map(messages.enqueued_at, waiting), default=None)
        return QueueDepth(name, len(waiting), scheduled, len(due) - len(waiting), dead, since)

    def _is_anything_due_in(self, name: str) -> bool:
        with faults_told():
            return any(map(is_due, until_full(self._queues[name].look)))

    def _how_many_free(self, queue: str, limit: int) -> int:
        mine = self._holds.numbers(queue)
        found = until_full(self._queues[queue].look)
        free = (each for each in found if is_due(each) and each.sequence_number not in mine)
        return sum(1 for _ in islice(free, limit))

    def _is_any_session_free(self, queue: str) -> bool:
        mine = self._sessions.names(queue)
        with faults_told():
            found = until_full(self._queues[queue].look)
            return any(is_due(each) and each.session_id not in mine for each in found)

    def _noted(self, queue: str, message: ServiceBusReceivedMessage) -> ReceivedMessage:
        until = messages.aware(message.locked_until_utc)
        found = messages.received(message, queue, token=str(message.lock_token), until=until)
        self._holds.note(found.lock_token, Hold(queue, found.sequence_number, message, until))
        return found

    def _hold_of(self, message: ReceivedMessage) -> Hold:
        hold = self._holds.find(message.lock_token, message.sequence_number)
        if hold is None:
            raise LockLost
        return hold

    def _is_completed(self, message: ReceivedMessage) -> bool:
        try:
            self._settle(message, lambda receiver, held: receiver.complete_message(held))
        except LockLost:
            return False
        return True

    def _settle(self, message: ReceivedMessage, settle: _Settle) -> None:
        hold = self._hold_of(message)
        if message.session is None:
            with faults_told():
                desk = self._queues[message.queue].desk
                desk.use(lambda receiver: settle(receiver, hold.message), within=self._within)
        else:
            self._sessions.settle(message.lock_token, lambda receiver: settle(receiver, hold.message))
        self._holds.forget(message.lock_token, message.sequence_number)
