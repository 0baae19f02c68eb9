"""What the Service Bus adapters do when the broker or the way to it fails."""

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Self

import pytest

from shared.adapters.service_bus import BUSY_FOR, EmulatorPlace
from shared.adapters.service_bus_handlers import Closings, Kept, Lane
from shared.adapters.service_bus_queues import ServiceBusQueues
from shared.kernel.clock import SystemClock
from shared.kernel.queues import LockLost, OutgoingMessage, ReceivedMessage
from shared.kernel.refusals import TransientFault
from tests.support.service_bus_house import Bus, ServiceBusBothHalves, a_bus

PLAIN = "deliveries"
STEPS = "journey-steps"
A_MINUTE = timedelta(minutes=1)
A_MOMENT = timedelta(seconds=0.2)
SENT_WITHIN = 5.0
"""Seconds; opening a sender takes half a second, and a send is tried twice."""
PATIENCE = 60.0
PATIENT = "Astrid Öberg, 19121212-1212"


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Generator[Bus]:
    with a_bus(tmp_path_factory.mktemp("service-bus")) as one:
        yield one


@pytest.fixture(scope="module")
def kept(bus: Bus) -> Generator[ServiceBusBothHalves]:
    queues = ServiceBusBothHalves(bus.place, SystemClock(), sent_within=SENT_WITHIN)
    yield queues
    queues.close()


@pytest.fixture
def queues(bus: Bus, kept: ServiceBusBothHalves) -> ServiceBusBothHalves:
    """Give queues that have been used, and hold nothing."""
    bus.broker.tell("empty")
    kept.forget_locks()
    kept.send(PLAIN, [OutgoingMessage("before", b"{}")])
    kept.complete(kept.receive(PLAIN, limit=1, lock_for=A_MINUTE))
    return kept


def receive(queues: ServiceBusBothHalves, limit: int = 10) -> list[ReceivedMessage]:
    return list(queues.receive(PLAIN, limit=limit, lock_for=A_MINUTE))


def names(messages: list[ReceivedMessage]) -> list[str]:
    return [message.id for message in messages]


class TestASend:
    def test_whose_answer_was_lost_has_kept_the_message(self, bus: Bus, queues: ServiceBusBothHalves) -> None:
        bus.broker.tell("faults", lose_send_answers=1)

        queues.send(PLAIN, [OutgoingMessage("m", b"{}")])

        assert set(names(receive(queues))) == {"m"}

    def test_that_is_never_answered_ends_in_time_and_the_next_one_goes_through(
        self, bus: Bus, queues: ServiceBusBothHalves
    ) -> None:
        bus.broker.tell("faults", swallow_sends=2)
        began = time.monotonic()

        with pytest.raises(TransientFault):
            queues.send(PLAIN, [OutgoingMessage("swallowed", b"{}")])

        assert time.monotonic() - began < SENT_WITHIN + 1
        queues.send(PLAIN, [OutgoingMessage("next", b"{}")])
        assert names(receive(queues)) == ["next"]

    def test_to_a_busy_service_is_a_fault_that_says_when_to_come_again(
        self, bus: Bus, queues: ServiceBusBothHalves
    ) -> None:
        bus.broker.tell("faults", reject_sends=1)

        with pytest.raises(TransientFault) as busy:
            queues.send(PLAIN, [OutgoingMessage("m", b"{}")])

        assert busy.value.retry_after == BUSY_FOR
        queues.send(PLAIN, [OutgoingMessage("m", b"{}")])
        assert names(receive(queues)) == ["m"]

    @pytest.mark.parametrize("condition", ["amqp:link:detach-forced", "amqp:connection:forced"])
    def test_through_a_link_that_was_closed_opens_another(
        self, bus: Bus, queues: ServiceBusBothHalves, condition: str
    ) -> None:
        bus.broker.tell("detach", queue=PLAIN, condition=condition)

        queues.send(PLAIN, [OutgoingMessage("m", b"{}")])

        assert names(receive(queues)) == ["m"]

    def test_whose_token_is_refused_is_a_fault(self, bus: Bus, queues: ServiceBusBothHalves) -> None:
        bus.broker.tell("faults", refuse_tokens=10)
        bus.broker.tell("drop")
        try:
            with pytest.raises(TransientFault):
                queues.send(PLAIN, [OutgoingMessage("m", b"{}")])
        finally:
            bus.broker.tell("faults", refuse_tokens=0)

    def test_to_a_queue_that_is_not_there_is_a_fault(self, queues: ServiceBusBothHalves) -> None:
        with pytest.raises(TransientFault):
            queues.send("nobody-made-this", [OutgoingMessage("m", b"{}")])

    def test_of_more_than_a_batch_holds_goes_in_several_in_order(self, queues: ServiceBusBothHalves) -> None:
        many = [OutgoingMessage(f"m{number}", b"x" * 100_000) for number in range(5)]

        queues.send(PLAIN, many)

        assert names(receive(queues)) == [message.id for message in many]

    def test_by_many_threads_at_once_loses_none(self, queues: ServiceBusBothHalves) -> None:
        def send(number: int) -> None:
            queues.send(PLAIN, [OutgoingMessage(f"m{number}", b"{}")])

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(send, range(100)))

        assert sorted(names(receive(queues, 200))) == sorted(f"m{number}" for number in range(100))

    def test_after_closing_is_a_fault(self, bus: Bus) -> None:
        closed = ServiceBusQueues(bus.place, clock=SystemClock(), session_queues=frozenset())
        closed.close()

        with pytest.raises(TransientFault):
            closed.send(PLAIN, [OutgoingMessage("m", b"{}")])

    def test_that_fails_tells_nothing_of_the_body(
        self, bus: Bus, queues: ServiceBusBothHalves, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        bus.broker.tell("faults", reject_sends=1)

        with pytest.raises(TransientFault) as fault:
            queues.send(PLAIN, [OutgoingMessage("m", PATIENT.encode())])

        assert PATIENT not in caplog.text
        assert PATIENT not in str(fault.value)
        assert fault.value.__cause__ is None


class Idle:
    """A handler that does nothing."""

    def __enter__(self) -> Self:
        return self

    def close(self) -> None: ...


class TestALane:
    def test_whose_thread_hangs_is_left_and_all_who_wait_in_it_are_told(self) -> None:
        lane, may_end, has_begun = Lane("hangs", Kept(Idle, Closings())), threading.Event(), threading.Event()

        def hang(_: Idle) -> None:
            has_begun.set()
            may_end.wait(PATIENCE)

        with ThreadPoolExecutor(2) as threads:
            first = threads.submit(lane.do, hang, within=0.5)
            assert has_begun.wait(PATIENCE)
            second = threads.submit(lane.do, hang, within=PATIENCE)
            for one in (first, second):
                with pytest.raises(TransientFault):
                    one.result(PATIENCE / 2)

        assert lane.is_lost
        may_end.set()
        lane.close(PATIENCE)


class TestALock:
    def test_that_the_broker_ended_is_lost_and_the_message_comes_again(
        self, bus: Bus, queues: ServiceBusBothHalves
    ) -> None:
        queues.send(PLAIN, [OutgoingMessage("m", b"{}")])
        (message,) = receive(queues)
        bus.broker.tell("expire", queue=PLAIN)

        with pytest.raises(LockLost):
            queues.complete([message])
        with pytest.raises(LockLost):
            queues.abandon(message)

        (again,) = queues.receive(PLAIN, limit=1, lock_for=A_MINUTE, wait=timedelta(seconds=5))
        assert (again.id, again.delivery_count) == ("m", 2)

    def test_outlives_the_connection_it_was_given_through(
        self, bus: Bus, queues: ServiceBusBothHalves
    ) -> None:
        queues.send(PLAIN, [OutgoingMessage("m", b"{}")])
        messages = receive(queues)
        bus.broker.tell("drop")

        queues.complete(messages)

        assert receive(queues) == []

    def test_of_a_session_is_lost_with_the_connection(self, bus: Bus, queues: ServiceBusBothHalves) -> None:
        queues.send(STEPS, [OutgoingMessage("a1", b"{}", "astrid")])
        lease = queues.accept_session(STEPS, lock_for=A_MINUTE)
        assert lease is not None
        messages = queues.receive_in_session(lease, limit=1)
        bus.broker.tell("drop")

        with pytest.raises((LockLost, TransientFault)):
            queues.complete(messages)
        queues.release_session(lease)

        again = queues.accept_session(STEPS, lock_for=A_MINUTE, wait=timedelta(seconds=10))
        assert again is not None
        assert names(list(queues.receive_in_session(again, limit=1))) == ["a1"]

    def test_of_a_session_that_the_broker_ended_is_lost(self, bus: Bus, queues: ServiceBusBothHalves) -> None:
        queues.send(STEPS, [OutgoingMessage("a1", b"{}", "astrid")])
        lease = queues.accept_session(STEPS, lock_for=A_MINUTE)
        assert lease is not None
        messages = queues.receive_in_session(lease, limit=1)
        bus.broker.tell("expire", queue=STEPS, session="astrid")

        with pytest.raises(LockLost):
            queues.complete(messages)
        with pytest.raises(LockLost):
            queues.renew_session(lease, lock_for=A_MINUTE)


class TestConnectionsThatDropEverySecond:
    def test_lose_no_message(self, bus: Bus, queues: ServiceBusBothHalves) -> None:
        plain = [OutgoingMessage(f"p{number}", b"{}") for number in range(100)]
        steps = [OutgoingMessage(f"s{number}", b"{}", f"patient-{number % 5}") for number in range(100)]
        arrived: set[str] = set()
        bus.broker.tell("drop", every=1, lasting=10)

        with ThreadPoolExecutor(8) as threads:
            sent = [threads.submit(_insist_on_sending, queues, PLAIN, message) for message in plain]
            sent += [threads.submit(_insist_on_sending, queues, STEPS, message) for message in steps]
            everything = {message.id for message in (*plain, *steps)}
            is_over = threading.Event()
            handled = [
                threads.submit(_handle, is_over, handle, queues, arrived)
                for handle in (_handle_plain, _handle_session, _handle_session)
            ]
            for one in sent:
                one.result()
            deadline = time.monotonic() + PATIENCE
            while not everything <= arrived and time.monotonic() < deadline:
                is_over.wait(0.1)
            is_over.set()
            for one in handled:
                one.result()

        assert everything - arrived == set()


class TestAnEmulator:
    def test_is_the_only_place_with_a_connection_string(self) -> None:
        with pytest.raises(ValueError, match="only an emulator"):
            EmulatorPlace(
                "Endpoint=sb://hospital.servicebus.windows.net;SharedAccessKeyName=a;SharedAccessKey=b"
            )


def _insist_on_sending(queues: ServiceBusBothHalves, queue: str, message: OutgoingMessage) -> None:
    """Send as the relay does: again and again until it is kept."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            queues.send(queue, [message])
        except TransientFault:
            continue
        return
    pytest.fail("it could never be sent")


_Handle = Callable[[ServiceBusBothHalves, set[str]], None]


def _handle(
    is_over: threading.Event, handle: _Handle, queues: ServiceBusBothHalves, arrived: set[str]
) -> None:
    while not is_over.is_set():
        try:
            handle(queues, arrived)
        except (TransientFault, LockLost):
            continue


def _handle_plain(queues: ServiceBusBothHalves, arrived: set[str]) -> None:
    for message in queues.receive(PLAIN, limit=1, lock_for=A_MINUTE, wait=A_MOMENT):
        arrived.add(message.id)
        queues.complete([message])


def _handle_session(queues: ServiceBusBothHalves, arrived: set[str]) -> None:
    lease = queues.accept_session(STEPS, lock_for=A_MINUTE, wait=timedelta(seconds=1))
    if lease is None:
        return
    try:
        while messages := queues.receive_in_session(lease, limit=1, wait=A_MOMENT):
            arrived.update(message.id for message in messages)
            queues.complete(messages)
    finally:
        queues.release_session(lease)
