"""`Queues` against a model of it: whatever is done, in whatever order, with crashes in between."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.kernel.clock import StoppedClock
from shared.kernel.queues import (
    MOST_DELIVERIES,
    MOST_DELIVERIES_IN_A_SESSION,
    LockLost,
    OutgoingMessage,
    ReceivedMessage,
    SessionLease,
)
from tests.support.house import build_house
from tests.support.service_bus_house import (
    BothHalves,
    BrokerClock,
    Bus,
    ServiceBusBothHalves,
    a_service_bus_house,
)

PLAIN = "deliveries"
STEPS = "journey-steps"
SESSIONS = st.sampled_from(["astrid", "bento", "cecília"])


@dataclass(slots=True)
class Expected:
    """What the model holds of one message that is not settled yet."""

    name: str
    session: str | None
    due_at: datetime | None
    deliveries: int = 0
    locked_until: datetime | None = None
    lock: str | None = None


class QueuesAsAModel(RuleBasedStateMachine):
    """The model is a list in the order of becoming due, and who holds what until when."""

    lock = timedelta(minutes=2)
    most_in_a_session = MOST_DELIVERIES_IN_A_SESSION
    sets_aside_when_it_fails = False
    """Rather than when it would be delivered once more."""

    def __init__(self, queues: BothHalves, clock: StoppedClock) -> None:
        super().__init__()
        self.queues, self.clock = queues, clock
        self.waiting: list[Expected] = []
        self.scheduled: list[Expected] = []
        self.dead: list[str] = []
        self.leases: dict[str, SessionLease] = {}
        self.held: list[ReceivedMessage] = []
        self.count = 0

    # What people and time do.

    @rule(minutes=st.none() | st.integers(-1, 3), session=st.none() | SESSIONS)
    def send(self, minutes: int | None, session: str | None) -> None:
        self.count += 1
        now = self.clock.now()
        due_at = None if minutes is None else now + timedelta(minutes=minutes)
        message = OutgoingMessage(f"m{self.count}", str(self.count).encode(), session, due_at)
        self.queues.send(STEPS if session else PLAIN, [message])
        expected = Expected(message.id, session, due_at)
        self.scheduled.append(expected) if due_at and due_at > now else self.waiting.append(expected)

    @rule(minutes=st.integers(1, 3))
    def time_passes(self, minutes: int) -> None:
        self.clock.pass_by(timedelta(minutes=minutes))
        self.become_due()
        self.set_aside_the_spent()

    @rule(hours=st.integers(1, 3))
    def business_time_jumps(self, hours: int) -> None:
        self.clock.instant += timedelta(hours=hours)
        self.become_due()

    # Plain queues.

    @rule(limit=st.integers(1, 4))
    def receive(self, limit: int) -> None:
        free = [each for each in self.waiting if each.session is None and not self.is_locked(each)]
        received = self.queues.receive(PLAIN, limit=limit, lock_for=self.lock)
        for spent in [each for each in free[:limit] if each.deliveries == MOST_DELIVERIES]:
            self.waiting.remove(spent)
            free.remove(spent)
            self.dead.append(spent.name)
            limit -= 1
        assert [each.id for each in received] == [each.name for each in free[: len(received)]]
        assert len(received) == min(limit, len(free)) or received
        self.take_note(received, free)

    # Session queues.

    @rule()
    def accept_session(self) -> None:
        free = [each for each in self.waiting if each.session and not self.is_session_held(each.session)]
        lease = self.queues.accept_session(STEPS, lock_for=self.lock)
        assert (lease.session if lease else None) == (free[0].session if free else None)
        if lease:
            self.leases[lease.session] = lease
            for each in self.waiting:
                if each.session == lease.session:
                    each.lock = None

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), limit=st.integers(1, 3))
    def receive_in_session(self, data: st.DataObject, limit: int) -> None:
        lease = data.draw(st.sampled_from(sorted(self.leases.values(), key=lambda lease: lease.session)))
        try:
            received = self.queues.receive_in_session(lease, limit=limit)
        except LockLost:
            assert not self.is_session_held(lease.session)
            return
        assert self.is_session_held(lease.session)
        free = [each for each in self.waiting if each.session == lease.session and each.lock is None]
        assert [each.id for each in received] == [each.name for each in free[:limit]]
        self.take_note(received, free)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def release_session(self, data: st.DataObject) -> None:
        session = data.draw(st.sampled_from(sorted(self.leases)))
        lease = self.leases[session]
        was_held = self.is_session_held(session)
        self.queues.release_session(lease)
        for each in self.waiting:
            if each.session == session and each.lock == lease.token:
                each.lock = None
                each.deliveries -= was_held
        del self.leases[session]

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def renew_session(self, data: st.DataObject) -> None:
        session = data.draw(st.sampled_from(sorted(self.leases)))
        lease = self.leases[session]
        try:
            until = self.queues.renew_session(lease, lock_for=self.lock)
        except LockLost:
            assert not self.is_session_held(session)
            return
        assert self.is_session_held(session)
        self.leases[session] = SessionLease(lease.queue, session, lease.token, until)

    # SettleBundle.

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(self.held))
        expected = self.holding(message)
        held = self.is_its_session_held(message) if message.session else expected is not None
        try:
            until = self.queues.renew(message, lock_for=self.lock)
        except LockLost:
            assert not held
            return
        assert held
        if (
            message.session
        ):  # in a session it is the session that is held longer, whatever became of the message
            lease = self.leases[message.session]
            self.leases[message.session] = SessionLease(lease.queue, lease.session, lease.token, until)
        elif expected:
            expected.locked_until = until

    @precondition(lambda self: self.held)
    @rule(data=st.data(), how=st.sampled_from(["complete", "abandon", "dead-letter"]))
    def settle(self, data: st.DataObject, how: str) -> None:
        message = data.draw(st.sampled_from(self.held))
        expected = self.holding(message)
        try:
            self.settle_as(how, message)
        except LockLost:
            assert expected is None
            return
        assert expected is not None
        if how == "abandon":
            expected.lock = None
            self.set_aside_the_spent()
        else:
            self.waiting.remove(expected)
            self.dead += [expected.name] if how == "dead-letter" else []

    def settle_as(self, how: str, message: ReceivedMessage) -> None:
        if how == "complete":
            self.queues.complete([message])
        elif how == "abandon":
            self.queues.abandon(message)
        else:
            self.queues.dead_letter(message, reason="Nonsense")

    @invariant()
    def loses_and_invents_nothing(self) -> None:
        depths = self.queues.depths()
        locked = sum(self.is_locked(each) for each in self.waiting)
        assert sum(depth.waiting for depth in depths) == len(self.waiting) - locked
        assert sum(depth.locked for depth in depths) == locked
        assert sum(depth.scheduled for depth in depths) == len(self.scheduled)
        dead = [letter.id for queue in (PLAIN, STEPS) for letter in self.queues.dead_letters(queue).items]
        assert sorted(dead) == sorted(self.dead)

    def become_due(self) -> None:
        """Let what is due lie behind what was, in the order of its due times."""
        now = self.clock.now()
        due = [each for each in self.scheduled if each.due_at and each.due_at <= now]
        self.waiting += sorted(due, key=lambda each: (each.due_at, int(each.name[1:])))
        self.scheduled = [each for each in self.scheduled if each not in due]

    def take_note(self, received: Sequence[ReceivedMessage], free: list[Expected]) -> None:
        for message, expected in zip(received, free, strict=False):
            expected.deliveries += 1
            expected.lock, expected.locked_until = message.lock_token, message.locked_until
            assert message.delivery_count == expected.deliveries
            self.held.append(message)

    def holding(self, message: ReceivedMessage) -> Expected | None:
        """Give the message as the model holds it, if the lock it was received under still holds."""
        for each in self.waiting:
            if each.name == message.id and each.lock == message.lock_token and self.is_locked(each):
                return each
        return None

    def set_aside_the_spent(self) -> None:
        """Let go of what has just failed for the last time."""
        if not self.sets_aside_when_it_fails:
            return
        for each in list(self.waiting):
            most = MOST_DELIVERIES if each.session is None else self.most_in_a_session
            if each.deliveries == most and not self.is_locked(each):
                self.waiting.remove(each)
                self.dead.append(each.name)

    def is_locked(self, each: Expected) -> bool:
        if each.lock is None:
            return False
        if each.session is not None:
            return self.is_session_held(each.session)
        return each.locked_until is not None and each.locked_until > self.clock.real()

    def is_its_session_held(self, message: ReceivedMessage) -> bool:
        """Say whether the session is held still by the lock under which the message was received."""
        lease = self.leases.get(message.session or "")
        return lease is not None and lease.token == message.lock_token and self.is_session_held(lease.session)

    def is_session_held(self, session: str) -> bool:
        lease = self.leases.get(session)
        return lease is not None and lease.locked_until > self.clock.real()


class SqliteQueuesAsAModel(QueuesAsAModel):
    """With hosts that end and leave their locks."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.house = build_house(Path(self._folder.name), session_queues=frozenset({STEPS}))
        super().__init__(self.house.queues, self.house.clock)

    def teardown(self) -> None:
        self.house.file.close()
        self._folder.cleanup()

    @rule()
    def crash(self) -> None:
        self.house.file.close()  # locks and leases outlast the host that took them
        self.house = build_house(Path(self._folder.name), clock=self.clock, session_queues=frozenset({STEPS}))
        self.queues = self.house.queues

    @rule()
    def crash_and_forget_locks(self) -> None:
        self.crash()
        self.queues.forget_locks()
        self.leases.clear()
        for each in self.waiting:
            each.deliveries -= each.lock is not None
            each.lock = None


class ServiceBusQueuesAsAModel(QueuesAsAModel):
    """On the stand-in, whose queues lock for a minute."""

    lock = timedelta(minutes=1)
    sets_aside_when_it_fails = True

    def __init__(self, bus: Bus, queues: ServiceBusBothHalves, clock: BrokerClock) -> None:
        self._entered = a_service_bus_house(bus, queues, clock)
        house = self._entered.__enter__()
        self.most_in_a_session = house.most_in_a_session
        super().__init__(house.queues, house.clock)

    def teardown(self) -> None:
        self._entered.__exit__(None, None, None)


SqliteQueuesAsAModel.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestSqliteQueuesAsAModel = SqliteQueuesAsAModel.TestCase


class TestServiceBusQueuesAsAModel:
    def test_keep_to_it(self, bus: Bus, bus_queues: ServiceBusBothHalves, bus_clock: BrokerClock) -> None:
        slow = settings(
            max_examples=8,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )

        class OnThisBus(ServiceBusQueuesAsAModel):
            def __init__(self) -> None:
                super().__init__(bus, bus_queues, bus_clock)

        run_state_machine_as_test(OnThisBus, settings=slow)
