"""Pumps over a broker that waits by itself: everything comes, in order where that is promised, and ends."""

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self, cast

import pytest

from local.app_index import Function, QueueFunction
from local.bells import Bell
from local.broker_pumps import BrokerPlainPump, BrokerSessionPump, BrokerTools
from local.invocation import Workers, Workload
from local.locks import LockKeeper
from local.pumps import PumpThread
from shared.kernel.clock import StoppedClock, SystemClock
from shared.kernel.identity import RandomIds
from shared.kernel.queues import OutgoingMessage
from tests.support.service_bus_house import Bus, ServiceBusBothHalves, a_bus

PLAIN = "deliveries"
STEPS = "journey-steps"
PATIENCE = 20.0


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Generator[Bus]:
    with a_bus(tmp_path_factory.mktemp("service-bus")) as one:
        yield one


@pytest.fixture(scope="module")
def queues(bus: Bus) -> Generator[ServiceBusBothHalves]:
    kept = ServiceBusBothHalves(bus.place, SystemClock())
    yield kept
    kept.close()


@dataclass(slots=True)
class Journal:
    """What a function was called with, and what it shall do then."""

    acts: Callable[[str], None] = lambda _: None
    called: list[str] = field(default_factory=list[str])
    _news: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, message: Any) -> None:
        for each in cast("list[Any]", message) if isinstance(message, list) else [message]:
            with self._news:
                self.called.append(each.message_id)
                self._news.notify_all()
            self.acts(each.message_id)

    def wait_for(self, many: int) -> list[str]:
        """Wait until it was called so often; give with what."""
        with self._news:
            self._news.wait_for(lambda: len(self.called) >= many, PATIENCE)
            return list(self.called)


@dataclass(slots=True)
class Pumped:
    """One pump with its thread, over real workers."""

    queues: ServiceBusBothHalves
    journal: Journal
    queue: str
    many: bool = False
    clock: StoppedClock = field(default_factory=lambda: StoppedClock(SystemClock().real()))
    workers: Workers = field(init=False)
    keeper: LockKeeper = field(init=False)
    pump: BrokerPlainPump | BrokerSessionPump = field(init=False)
    _thread: PumpThread = field(init=False)

    def __enter__(self) -> Self:
        self.workers = Workers(4, RandomIds(), Workload())
        self.keeper = LockKeeper(self.clock.real)
        tools, bell = BrokerTools(self.queues, self.workers, self.keeper), Bell()
        function = Function("handle", self.journal, "message", wants_context=False)
        handles = QueueFunction(function, self.queue, in_sessions=self.queue == STEPS, many=self.many)
        if handles.in_sessions:
            self.pump = BrokerSessionPump(handles, tools, bell, 4)
        else:
            self.pump = BrokerPlainPump(handles, tools, 4)
        self._thread = PumpThread("pump", self.pump, bell)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> tuple[bool, bool]:
        """Stop as the engine does; say whether the workers ended in time, and all was settled."""
        self.pump.hurry()
        self._thread.ask_to_stop()
        self._thread.join(PATIENCE)
        return self.workers.stop(PATIENCE), self.pump.settle()


@pytest.fixture
def empty(bus: Bus) -> Bus:
    bus.broker.tell("empty")
    return bus


def is_all_done(queues: ServiceBusBothHalves) -> bool:
    deadline = time.monotonic() + PATIENCE
    while queues.is_anything_due():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


@pytest.mark.usefixtures("empty")
class TestPlainPump:
    def test_hands_over_each_message_and_completes_it(self, queues: ServiceBusBothHalves) -> None:
        with Pumped(queues, Journal(), PLAIN) as pumped:
            queues.send(PLAIN, [OutgoingMessage(f"m{number}", b"{}") for number in range(50)])

            called = pumped.journal.wait_for(50)

            assert sorted(called) == sorted(f"m{number}" for number in range(50))
            assert is_all_done(queues)

    def test_gives_a_batch_to_a_function_of_many(self, queues: ServiceBusBothHalves) -> None:
        queues.send(PLAIN, [OutgoingMessage(f"m{number}", b"{}") for number in range(3)])

        with Pumped(queues, Journal(), PLAIN, many=True) as pumped:
            assert sorted(pumped.journal.wait_for(3)) == ["m0", "m1", "m2"]
            assert is_all_done(queues)

    def test_gives_back_what_failed(self, queues: ServiceBusBothHalves) -> None:
        with Pumped(queues, Journal(_failing_once()), PLAIN) as pumped:
            queues.send(PLAIN, [OutgoingMessage("m", b"{}")])

            assert pumped.journal.wait_for(2) == ["m", "m"]
            assert is_all_done(queues)

    def test_renews_the_lock_of_what_takes_long(self, queues: ServiceBusBothHalves, bus: Bus) -> None:
        may_end = threading.Event()
        bus.broker.tell("counts")
        with Pumped(queues, Journal(lambda _: _wait(may_end)), PLAIN) as pumped:
            queues.send(PLAIN, [OutgoingMessage("m", b"{}")])
            pumped.journal.wait_for(1)
            pumped.clock.pass_by(timedelta(seconds=11))

            assert pumped.keeper.turn()

            may_end.set()
            assert is_all_done(queues)
        assert bus.broker.ask("counts")[PLAIN]["renew"] == 1

    def test_that_stops_lets_end_what_has_begun_and_begins_no_more(
        self, queues: ServiceBusBothHalves
    ) -> None:
        may_end = threading.Event()
        with Pumped(queues, Journal(lambda _: _wait(may_end)), PLAIN) as pumped:
            queues.send(PLAIN, [OutgoingMessage("begun", b"{}")])
            pumped.journal.wait_for(1)
            pumped.pump.hurry()
            may_end.set()
            assert pumped.stop() == (True, True)

        assert is_all_done(queues)
        queues.send(PLAIN, [OutgoingMessage("later", b"{}")])
        (later,) = queues.receive(PLAIN, limit=1, lock_for=timedelta(minutes=1), wait=timedelta(seconds=5))
        assert (later.id, pumped.journal.called) == ("later", ["begun"])


@pytest.mark.usefixtures("empty")
class TestSessionPump:
    def test_hands_over_each_session_in_order(self, queues: ServiceBusBothHalves) -> None:
        patients = ("astrid", "bento", "cecília", "dag", "elin", "farid")
        messages = [
            OutgoingMessage(f"{patient}~{number}", b"{}", patient)
            for number in range(5)
            for patient in patients
        ]
        with Pumped(queues, Journal(), STEPS) as pumped:
            queues.send(STEPS, messages)

            called = pumped.journal.wait_for(len(messages))

            for patient in patients:
                mine = [each for each in called if each.startswith(patient)]
                assert mine == [f"{patient}~{number}" for number in range(5)]
            assert is_all_done(queues)

    def test_begins_again_at_the_message_that_failed(self, queues: ServiceBusBothHalves) -> None:
        with Pumped(queues, Journal(_failing_once()), STEPS) as pumped:
            queues.send(STEPS, [OutgoingMessage(name, b"{}", "astrid") for name in ("a1", "a2")])

            assert pumped.journal.wait_for(3) == ["a1", "a1", "a2"]
            assert is_all_done(queues)

    def test_that_stops_leaves_the_session_after_the_message_that_has_begun(
        self, queues: ServiceBusBothHalves
    ) -> None:
        may_end = threading.Event()
        with Pumped(queues, Journal(lambda _: _wait(may_end)), STEPS) as pumped:
            queues.send(STEPS, [OutgoingMessage(name, b"{}", "astrid") for name in ("a1", "a2")])
            pumped.journal.wait_for(1)
            pumped.pump.hurry()
            may_end.set()
            assert pumped.stop() == (True, True)

        assert pumped.journal.called == ["a1"]
        with Pumped(queues, Journal(), STEPS) as next_host:
            assert next_host.journal.wait_for(1) == ["a2"]
            assert is_all_done(queues)


@pytest.mark.usefixtures("empty")
class TestWaitingForASession:
    def test_ends_when_one_comes(self, queues: ServiceBusBothHalves) -> None:
        with ThreadPoolExecutor(1) as aside:
            waiting = aside.submit(
                queues.accept_session, STEPS, lock_for=timedelta(minutes=1), wait=timedelta(seconds=30)
            )
            queues.send(STEPS, [OutgoingMessage("a1", b"{}", "astrid")])

            lease = waiting.result(PATIENCE)

        assert lease is not None
        assert lease.session == "astrid"
        queues.release_session(lease)

    def test_ends_without_one_when_the_time_is_over(self, queues: ServiceBusBothHalves) -> None:
        found = queues.accept_session(STEPS, lock_for=timedelta(minutes=1), wait=timedelta(seconds=1))

        assert found is None


def _failing_once() -> Callable[[str], None]:
    failed = threading.Event()

    def fail(_: str) -> None:
        if not failed.is_set():
            failed.set()
            raise RuntimeError

    return fail


def _wait(may_end: threading.Event) -> None:
    assert may_end.wait(PATIENCE)
