"""A queue and its dead letters: what is kept, who gets it when, and what becomes of it. No AMQP in here."""

import heapq
import uuid
from collections import Counter, deque
from collections.abc import Sequence
from functools import partial
from itertools import count, islice
from os import urandom
from typing import Literal

from tests.stand_ins.service_bus.clocks import Clocks
from tests.stand_ins.service_bus.duplicates import Duplicates
from tests.stand_ins.service_bus.faults import Faults
from tests.stand_ins.service_bus.lanes import Lane, Taker
from tests.stand_ins.service_bus.limits import refuse_what_breaks_limits
from tests.stand_ins.service_bus.messages import Kept, State
from tests.stand_ins.service_bus.refusals import (
    dead_letters_take_nothing,
    has_no_sessions,
    is_dead_already,
    message_lock_lost,
    message_not_found,
    needs_a_session,
    session_is_what_is_renewed,
    session_lock_lost,
)
from tests.stand_ins.service_bus.sessions import Sessions
from tests.stand_ins.service_bus.settings import QueueSettings

Outcome = Literal["complete", "abandon", "defer", "dead-letter", "release"]
Why = tuple[str, str]


class Queue:
    """Keeps messages in memory; whatever becomes due is offered to a waiting receiver at once."""

    def __init__(
        self, settings: QueueSettings, clocks: Clocks, faults: Faults, *, is_dead: bool = False
    ) -> None:
        self.settings = settings
        self.clocks = clocks
        self.faults = faults
        self.is_dead = is_dead
        self.messages: dict[int, Kept] = {}
        """By sequence number, ascending, since a number is given when a message comes in or becomes due."""
        self.locked: dict[uuid.UUID, Kept] = {}
        self.takers: deque[Taker] = deque()
        self.counts: Counter[str] = Counter()
        self.sessions = Sessions(self) if settings.requires_session and not is_dead else None
        self.dead = None if is_dead else Queue(settings, clocks, faults, is_dead=True)
        self._everything = Lane(session=None)
        self._numbers = count(1)
        self._duplicates = Duplicates(settings.detects_duplicates_for)

    # what comes in

    def keep(self, messages: Sequence[Kept]) -> list[int]:
        """Keep all of them or, if one is refused, none; give their numbers, 0 for a repeated one."""
        if self.is_dead:
            raise dead_letters_take_nothing()
        for message in messages:
            refuse_what_breaks_limits(message, requires_session=self.settings.requires_session)
        return [self._keep(message) for message in messages]

    def cancel(self, sequence_numbers: Sequence[int]) -> None:
        """Forget scheduled messages. Raises `Refused` if one is not scheduled; then none is forgotten."""
        for number in sequence_numbers:
            found = self.messages.get(number)
            if not found or found.state is not State.SCHEDULED:
                raise message_not_found(number)
        for number in sequence_numbers:
            self.forget(self.messages[number])
            self.counts["cancel"] += 1

    def _keep(self, message: Kept) -> int:
        now = self.clocks.now.now()
        if self._duplicates.has_seen(message.message_id, now):
            self.counts["duplicate"] += 1
            return 0
        message.sequence_number = message.first_number = next(self._numbers)
        message.enqueued_at = now
        message.ttl = _shorter(message.ttl, self.settings.time_to_live)
        self.messages[message.sequence_number] = message
        if message.scheduled_for and message.scheduled_for > now:
            message.state = State.SCHEDULED
            message.alarm = self.clocks.now.at(message.scheduled_for, partial(self._come_due, message))
            self.counts["schedule"] += 1
        else:
            message.scheduled_for = None
            self.counts["send"] += 1
            self.offer(message)
        return message.first_number

    def _come_due(self, message: Kept) -> None:
        """Enqueue what was scheduled: as if it came in at that moment, with a new number."""
        del self.messages[message.sequence_number]
        message.sequence_number = next(self._numbers)
        message.enqueued_at = message.scheduled_for or message.enqueued_at
        message.scheduled_for = message.alarm = None
        self.messages[message.sequence_number] = message
        self.offer(message)

    # what goes out

    def offer(self, message: Kept) -> None:
        """Let a message be due, and wake who waits for one."""
        message.state, message.token = State.ACTIVE, None
        lane = self.lane(message.session)
        lane.add(message.sequence_number)
        if self.sessions:
            self.sessions.has_more(lane)
        else:
            self._wake_a_taker()

    def lane(self, session: str | None) -> Lane:
        """Give where a session's messages lie; in a plain queue all lie in one lane."""
        return self.sessions.lane(session) if self.sessions else self._everything

    def _wake_a_taker(self) -> None:
        """Serve takers in turn, so that none has it all."""
        for _ in range(len(self.takers)):
            taker = self.takers[0]
            self.takers.rotate(-1)
            if taker.wants():
                taker.take_more()
                if not self._everything.due:
                    return

    def take(self, session: str | None, *, for_good: bool) -> Kept | None:
        """Give the next message that is due, locked, or forgotten at once when it is taken for good."""
        lane = self.lane(session)
        message = self.next_due(lane)
        if message is None:
            return None
        self.counts["receive"] += 1
        heapq.heappop(lane.due)
        if for_good:
            self.forget(message)
        else:
            self._lock(message, lane)
        return message

    def next_due(self, lane: Lane) -> Kept | None:
        """Look at the head of a lane; what has outlived its time goes first."""
        now = self.clocks.now.now()
        while lane.due:
            message = self.messages.get(lane.due[0])
            if message and not (message.ttl and message.enqueued_at + message.ttl <= now):
                return message
            heapq.heappop(lane.due)
            if message:
                self._expire(message)
        return None

    def _lock(self, message: Kept, lane: Lane) -> None:
        message.token = uuid.UUID(bytes=urandom(16))
        message.again = self.faults.spend("deliver_twice")
        self.locked[message.token] = message
        lane.locked.add(message.sequence_number)
        if self.sessions:
            message.locked_until = lane.locked_until
        else:
            message.locked_until = self.clocks.real.now() + self.settings.lock_duration
            self._watch(message)

    def _watch(self, message: Kept) -> None:
        if message.alarm:
            message.alarm.cancel()
        message.alarm = self.clocks.real.at(message.locked_until, partial(self.lapse, message))

    def lapse(self, message: Kept) -> None:
        """End a lock that was not used: a delivery that failed."""
        self._unlock(message)
        self.counts["lapse"] += 1
        self._fail(message)

    # what becomes of it

    def settle(self, token: uuid.UUID, outcome: Outcome, why: Why | None = None) -> None:
        """Do with a locked message what its receiver decided. Raises `Refused` when the lock has ended."""
        message = self._held(token)
        if outcome == "dead-letter" and self.is_dead:
            raise is_dead_already()
        self._unlock(message)
        self.counts[outcome] += 1
        if outcome == "complete" and not message.again:
            self.forget(message)
        elif outcome == "defer":
            message.state = State.DEFERRED
        elif outcome == "dead-letter":
            self._bury(message, why or ("", ""))
        elif outcome == "release":
            self._put_back(message)
        else:
            message.again = False
            self._fail(message)

    def renew(self, token: uuid.UUID) -> float:
        """Hold a message longer, and give until when."""
        message = self._held(token)
        if self.sessions:
            raise session_is_what_is_renewed()
        message.locked_until = self.clocks.real.now() + self.settings.lock_duration
        self._watch(message)
        self.counts["renew"] += 1
        return message.locked_until

    def _held(self, token: uuid.UUID) -> Kept:
        message = self.locked.get(token)
        if message is None:
            raise session_lock_lost() if self.sessions else message_lock_lost()
        lane = self.lane(message.session)
        until = lane.locked_until if self.sessions else message.locked_until
        if until <= self.clocks.real.now():
            raise session_lock_lost() if self.sessions else message_lock_lost()
        return message

    def _unlock(self, message: Kept) -> None:
        if message.alarm:
            message.alarm.cancel()
            message.alarm = None
        if message.token:
            del self.locked[message.token]
        message.token = None
        self.lane(message.session).locked.discard(message.sequence_number)

    def give_back(self, lane: Lane, *, failed: bool) -> None:
        """Let what was locked in a lane be due again, counted as a failure or not."""
        for number in sorted(lane.locked):
            message = self.messages[number]
            self._unlock(message)
            if failed:
                self._fail(message)
            else:
                self._put_back(message)

    def _fail(self, message: Kept) -> None:
        message.failures += 1
        if message.failures >= self.settings.max_delivery_count and not self.is_dead:
            said = f"The message was delivered {message.failures} times without success."
            self._bury(message, ("MaxDeliveryCountExceeded", said))
        else:
            self._put_back(message)

    def _put_back(self, message: Kept) -> None:
        """Let it come again; what was put aside stays aside."""
        if message.state is not State.DEFERRED:
            self.offer(message)

    def _expire(self, message: Kept) -> None:
        self.counts["expire"] += 1
        if self.settings.dead_letters_what_expires and not self.is_dead:
            self._bury(message, ("TTLExpiredException", "The message outlived its time."))
        else:
            self.forget(message)

    def _bury(self, message: Kept, why: Why) -> None:
        self.forget(message)
        if self.dead:
            message.dead_because = why
            message.ttl = None
            self.dead.receive_the_dead(message)

    def receive_the_dead(self, message: Kept) -> None:
        """Take in a message that its queue gave up; it keeps when it was enqueued and how often it failed."""
        message.sequence_number = next(self._numbers)
        message.state = State.ACTIVE
        self.messages[message.sequence_number] = message
        self.offer(message)

    def forget(self, message: Kept) -> None:
        """Keep it no longer."""
        if message.alarm:
            message.alarm.cancel()
            message.alarm = None
        del self.messages[message.sequence_number]

    def empty(self) -> None:
        """Forget everything, the dead and the ids seen included; what is locked settles into nothing."""
        for message in list(self.messages.values()):
            if message.token:
                self._unlock(message)
            self.forget(message)
        self._duplicates.forget()
        if self.dead:
            self.dead.empty()

    # what is looked at, or fetched by number

    def take_deferred(self, numbers: Sequence[int], session: str | None, *, for_good: bool) -> list[Kept]:
        """Lock messages that were put aside. Raises `Refused` if one is not there; then none is locked."""
        if self.sessions:
            self.sessions.held(session)
        found = [self.messages.get(number) for number in numbers]
        there = [one for one in found if one and one.state is State.DEFERRED and not one.token]
        if len(there) < len(numbers):
            raise message_not_found(
                next(n for n, one in zip(numbers, found, strict=True) if one not in there)
            )
        for message in there:
            self.counts["receive-deferred"] += 1
            if for_good:
                self.forget(message)
            else:
                self._lock(message, self.lane(message.session))
        return there

    def peek(self, begin: int, most: int, session: str | None) -> list[Kept]:
        """Show messages from a number on, whatever their state, without locking."""
        self.counts["peek"] += 1
        shown = (
            message
            for number, message in self.messages.items()
            if number >= begin and (session is None or message.session == session)
        )
        return list(islice(shown, most))

    def refuse_sessionless(self) -> None:
        """Refuse a receiver that names no session where one is needed."""
        if self.sessions:
            raise needs_a_session()

    def with_sessions(self) -> Sessions:
        """Give the sessions, or refuse where there are none."""
        if not self.sessions:
            raise has_no_sessions()
        return self.sessions


def _shorter(one: float | None, other: float | None) -> float | None:
    known = [ttl for ttl in (one, other) if ttl]
    return min(known) if known else None
