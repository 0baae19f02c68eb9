"""What the Service Bus adapters do when the broker or the way to it fails."""

import socket
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Self

import pytest
from azure.servicebus import ServiceBusSubQueue

from shared.adapters.service_bus import BUSY_FOR, EmulatorPlace, ServiceBusPlace
from shared.adapters.service_bus_dead_letters import DeadLetters
from shared.adapters.service_bus_handlers import Closings
from shared.adapters.service_bus_lanes import Lane, Silence, Way
from shared.adapters.service_bus_queues import ServiceBusQueues
from shared.kernel.clock import SystemClock
from shared.kernel.queues import LockLost, OutgoingMessage, ReceivedMessage
from shared.kernel.refusals import NotFound, TransientFault
from tests.support.service_bus_house import Bus, ServiceBusBothHalves, a_bus

PLAIN = "deliveries"
STEPS = "journey-steps"
A_MINUTE = timedelta(minutes=1)
A_MOMENT = timedelta(seconds=0.2)
SENT_WITHIN = 5.0
"""Seconds; opening a sender takes half a second, and a send is tried twice."""
A_SHORT_WHILE = 1.0
PATIENCE = 60.0
_LULL = threading.Event()
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


@pytest.fixture
def mute_place(bus: Bus) -> Generator[ServiceBusPlace]:
    """Give a service that accepts every connection and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield replace(bus.place, endpoint=f"127.0.0.1:{listener.getsockname()[1]}")


@pytest.fixture
def mute(mute_place: ServiceBusPlace) -> Generator[ServiceBusBothHalves]:
    """Give queues there, used by somebody in a hurry."""
    queues = ServiceBusBothHalves(mute_place, SystemClock(), sent_within=A_SHORT_WHILE, within=A_SHORT_WHILE)
    yield queues
    queues.close()


@pytest.fixture
def impatient(bus: Bus) -> Generator[ServiceBusBothHalves]:
    bus.broker.tell("empty")
    queues = ServiceBusBothHalves(bus.place, SystemClock(), within=A_SHORT_WHILE)
    yield queues
    queues.close()


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
        may_end, has_begun, has_ended = threading.Event(), threading.Event(), threading.Event()
        lane = Lane("hangs", Silence(), has_ended.set)

        def hang() -> None:
            has_begun.set()
            may_end.wait(PATIENCE)

        with ThreadPoolExecutor(2) as threads:
            first = threads.submit(lane.do, hang, within=0.5)
            assert has_begun.wait(PATIENCE)
            second = threads.submit(lane.do, hang, within=PATIENCE)
            for one in (first, second):
                with pytest.raises(TransientFault):
                    one.result(PATIENCE / 2)

        assert lane.is_over
        may_end.set()
        assert has_ended.wait(PATIENCE)

    def test_is_not_given_up_for_one_whose_turn_did_not_come(self) -> None:
        lane, may_end, has_begun = (
            Lane("is busy", Silence(), Idle().close),
            threading.Event(),
            threading.Event(),
        )

        def work() -> str:
            has_begun.set()
            may_end.wait(PATIENCE)
            return "done"

        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(lane.do, work, within=PATIENCE)
            assert has_begun.wait(PATIENCE)
            with pytest.raises(TransientFault):
                lane.do(work, within=0.1)
            may_end.set()
            assert first.result(PATIENCE) == "done"

        assert not lane.is_over
        lane.close(PATIENCE)

    def test_passes_on_a_fault_that_is_itself_a_time_out(self) -> None:
        lane = Lane("fails", Silence(), Idle().close)

        def fail() -> None:
            raise TimeoutError

        with pytest.raises(TimeoutError):
            lane.do(fail, within=PATIENCE)

        assert not lane.is_over
        lane.close(PATIENCE)


class TestAWay:
    def test_that_was_lost_is_refused_at_once_and_open_again_after_the_pause(self) -> None:
        way, may_end = Way("hangs", Idle, Closings(), Silence(pause=0.5)), threading.Event()

        with pytest.raises(TransientFault):
            way.use(lambda _: may_end.wait(PATIENCE), within=0.1)
        began = time.monotonic()
        with pytest.raises(TransientFault) as refused:
            way.use(lambda _: True, within=PATIENCE)

        assert time.monotonic() - began < 0.4
        assert refused.value.retry_after is not None
        deadline = time.monotonic() + PATIENCE
        while not _answers(way) and time.monotonic() < deadline:
            may_end.wait(0.05)
        assert _answers(way)
        may_end.set()
        way.close(PATIENCE)

    def test_that_was_lost_once_is_open_again_at_once_where_one_may_fail(self) -> None:
        may_end, silence = threading.Event(), Silence(PATIENCE, one_may_fail=True)
        way = Way("loses one", Idle, Closings(), silence)

        with pytest.raises(TransientFault):
            way.use(lambda _: may_end.wait(PATIENCE), within=0.1)

        assert way.use(lambda _: True, within=PATIENCE)
        may_end.set()
        way.close(PATIENCE)


class TestAServiceThatAcceptsAndSaysNothing:
    def test_leaves_nobody_waiting_and_hardly_a_thread_behind(self, mute: ServiceBusBothHalves) -> None:
        def send() -> None:
            mute.send(PLAIN, [OutgoingMessage("m", b"{}")])

        asks: list[Callable[[], object]] = [
            lambda: mute.dead_letters(PLAIN),
            lambda: mute.receive(PLAIN, limit=1, lock_for=A_MINUTE),
            lambda: mute.receive(PLAIN, limit=1, lock_for=A_MINUTE, wait=A_MOMENT),
            lambda: mute.accept_session(STEPS, lock_for=A_MINUTE),
            lambda: mute.accept_session(STEPS, lock_for=A_MINUTE, wait=A_MOMENT),
            send,
            mute.depths,
            mute.is_anything_due,
        ]

        before = _lanes()
        with ThreadPoolExecutor(len(asks)) as threads:
            faults = list(threads.map(_fault_of, asks))
        faults.append(_fault_of(send))  # which is tried twice before it is refused
        left = _lanes() - before
        at_once = [_fault_of(ask) for _ in range(3) for ask in asks]

        assert max(faults) < 3 * A_SHORT_WHILE + 1
        assert max(at_once) < A_SHORT_WHILE / 2
        assert _lanes() - before <= left
        names = [thread.name for thread in left if thread.name.endswith(PLAIN)]
        assert len(names) <= len(set(names)) + 1

    def test_does_not_keep_even_a_thread_for_ever(self, mute_place: ServiceBusPlace) -> None:
        place = replace(mute_place, secure_within=A_SHORT_WHILE / 2)
        queues = ServiceBusBothHalves(place, SystemClock(), within=PATIENCE)

        assert _fault_of(lambda: queues.dead_letters(PLAIN)) < PATIENCE / 2

        queues.close()


class TestAServiceThatFallsSilent:
    def test_is_used_again_soon_after_it_speaks(self, bus: Bus, impatient: ServiceBusBothHalves) -> None:
        impatient.send(PLAIN, [OutgoingMessage("m", b"{}")])
        (message,) = receive(impatient)
        bus.broker.tell("faults", slow_by=PATIENCE)
        try:
            assert _fault_of(lambda: impatient.complete([message])) < 2 * A_SHORT_WHILE
            assert _fault_of(lambda: impatient.dead_letters(PLAIN)) < 2 * A_SHORT_WHILE
        finally:
            bus.broker.tell("faults", slow_by=0)

        _insist(lambda: impatient.complete([message]))

        assert impatient.dead_letters(PLAIN).items == ()
        assert not impatient.is_anything_due()


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


class TestWhatIsDue:
    def test_is_seen_behind_many_that_are_scheduled(self, queues: ServiceBusBothHalves) -> None:
        later = SystemClock().now() + timedelta(hours=1)
        queues.send(PLAIN, [OutgoingMessage(f"later {number}", b"{}", None, later) for number in range(1100)])
        assert not queues.is_anything_due()

        queues.send(PLAIN, [OutgoingMessage("now", b"{}")])

        assert queues.is_anything_due()


class TestADeadLetter:
    def test_that_lies_too_deep_is_a_fault_and_one_that_does_not_exist_is_not_found(
        self, bus: Bus, queues: ServiceBusBothHalves
    ) -> None:
        queues.send(PLAIN, [OutgoingMessage(name, b"{}") for name in ("a", "b", "c")])
        for message in receive(queues):
            queues.dead_letter(message, reason="Nonsense")
        first, _, third = (each.sequence_number for each in queues.dead_letters(PLAIN).items)
        with bus.place.connect() as client:
            make = partial(client.get_queue_receiver, PLAIN, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
            dead = DeadLetters(PLAIN, make, Closings(), Silence(), within=PATIENCE, reach=2)

            with pytest.raises(TransientFault, match="too deep"):
                dead.take(third)
            with pytest.raises(NotFound):
                dead.take(third + 1)
            dead.take(first)
            assert dead.take(third).id == "c"
            dead.close(PATIENCE)

        assert [each.id for each in queues.dead_letters(PLAIN).items] == ["b"]


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


def _answers(way: Way[Idle]) -> bool:
    try:
        return way.use(lambda _: True, within=PATIENCE)
    except TransientFault:
        return False


def _lanes() -> set[threading.Thread]:
    """Give the threads on which the library is used."""
    return {thread for thread in threading.enumerate() if thread.name.endswith((PLAIN, STEPS))}


def _fault_of(ask: Callable[[], object]) -> float:
    """Say after how many seconds it failed."""
    began = time.monotonic()
    with pytest.raises(TransientFault):
        ask()
    return time.monotonic() - began


def _insist_on_sending(queues: ServiceBusBothHalves, queue: str, message: OutgoingMessage) -> None:
    """Send as the relay does: again and again until it is kept."""
    _insist(lambda: queues.send(queue, [message]))


def _insist(act: Callable[[], None]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            act()
        except TransientFault:
            _LULL.wait(0.05)
            continue
        return
    pytest.fail("it could never be done")


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
