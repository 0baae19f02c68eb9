"""The stand-in for Service Bus, asked by the real SDK over TLS with a managed identity's tokens."""

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AzureNamedKeyCredential
from azure.identity import ManagedIdentityCredential
from azure.servicebus import (
    NEXT_AVAILABLE_SESSION,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusReceiveMode,
    ServiceBusReceiver,
    ServiceBusSender,
    ServiceBusSubQueue,
    TransportType,
)
from azure.servicebus import exceptions as said
from azure.servicebus.amqp import AmqpAnnotatedMessage, AmqpMessageProperties

from shared.kernel.clock import SystemClock
from tests.stand_ins.identity import Identity, an_identity
from tests.stand_ins.process import StandIn, a_stand_in

QUEUES: list[dict[str, Any]] = [
    {"name": "plain", "maxDeliveryCount": 3},
    {"name": "once", "requiresDuplicateDetection": True, "duplicateDetectionHistoryTimeWindow": "PT10M"},
    {"name": "sessions", "requiresSession": True, "lockDuration": "PT5M", "maxDeliveryCount": 3},
]
QUIET = {
    "reject_sends": 0,
    "lose_send_answers": 0,
    "swallow_sends": 0,
    "refuse_tokens": 0,
    "deliver_twice": 0,
    "delay_dispositions": 0,
    "slow_by": 0,
}
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
"""The SDK leaves a socket to the garbage collector when the other side has dropped the connection."""
NOW = SystemClock().real
AUDIENCE = "https://servicebus.azure.net/"


@dataclass
class House:
    """A broker, and handlers that stay open from test to test since opening one takes half a second."""

    broker: StandIn
    identity: Identity
    client: ServiceBusClient
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _senders: dict[str, ServiceBusSender] = field(default_factory=dict[str, ServiceBusSender])
    _receivers: dict[str, ServiceBusReceiver] = field(default_factory=dict[str, ServiceBusReceiver])

    def sender(self, queue: str = "plain") -> ServiceBusSender:
        if queue not in self._senders:
            self._senders[queue] = self._open.enter_context(self.client.get_queue_sender(queue, keep_alive=0))
        return self._senders[queue]

    def receiver(self, queue: str = "plain", *, dead: bool = False) -> ServiceBusReceiver:
        name = f"{queue}/dead" if dead else queue
        if name not in self._receivers:
            part = ServiceBusSubQueue.DEAD_LETTER if dead else None
            receiver = self.client.get_queue_receiver(queue, sub_queue=part)
            self._receivers[name] = self._open.enter_context(receiver)
        return self._receivers[name]

    @contextlib.contextmanager
    def session(
        self, name: Any = NEXT_AVAILABLE_SESSION, *, wait: float = 2
    ) -> Generator[ServiceBusReceiver]:
        with self.client.get_queue_receiver(
            "sessions", session_id=name, max_wait_time=wait, prefetch_count=1, keep_alive=0
        ) as receiver:
            yield receiver

    def send(self, *bodies: str, queue: str = "plain", session: str | None = None) -> None:
        self.sender(queue).send_messages([ServiceBusMessage(body, session_id=session) for body in bodies])

    @contextlib.contextmanager
    def expecting_broken_links(self) -> Generator[None]:
        """Open everything anew after the block."""
        yield
        self._open.close()
        self._senders.clear()
        self._receivers.clear()
        gc.collect()

    @contextlib.contextmanager
    def a_sender_that_tries_again(self, queue: str = "plain") -> Generator[ServiceBusSender]:
        client = a_client(self.broker, ManagedIdentityCredential(), tries=3)
        with self.expecting_broken_links(), client, client.get_queue_sender(queue, keep_alive=0) as sender:
            yield sender

    def depth(self, queue: str = "plain") -> dict[str, Any]:
        return self.broker.ask("queues", queue=queue, messages=1)[queue]

    def counts(self, queue: str = "plain") -> dict[str, int]:
        return self.broker.ask("counts").get(queue, {})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("run")
    queues = folder / "queues.json"
    queues.write_text(json.dumps(QUEUES))
    with (
        an_identity(folder) as identity,
        pytest.MonkeyPatch.context() as environment,
        a_stand_in("tests.stand_ins.service_bus", folder, "--queues", str(queues)) as broker,
    ):
        for name, value in identity.environment.items():
            environment.setenv(name, value)
        with a_client(broker, ManagedIdentityCredential()) as client:
            yield House(broker, identity, client)


def a_client(broker: StandIn, credential: Any, *, tries: int = 0) -> ServiceBusClient:
    return ServiceBusClient(
        "localhost",
        credential,
        custom_endpoint_address=broker.addresses["endpoint"],
        transport_type=TransportType.Amqp,
        connection_verify=broker.addresses["ca"],
        retry_total=tries,
        retry_backoff_factor=0.1,
    )


@pytest.fixture
def house(running: House) -> House:
    running.broker.tell("faults", **QUIET)
    running.broker.tell("clock", now={"ahead_by_seconds": 0}, real={"ahead_by_seconds": 0})
    running.broker.tell("empty")
    running.broker.tell("counts")
    return running


def received(
    receiver: ServiceBusReceiver, number: int = 1, within: float = 5
) -> list[ServiceBusReceivedMessage]:
    """Wait for messages, and give what came."""
    deadline = time.monotonic() + within
    found: list[ServiceBusReceivedMessage] = []
    while len(found) < number and (left := deadline - time.monotonic()) > 0:
        found += receiver.receive_messages(number - len(found), max_wait_time=left)
    return found


def nothing_comes(receiver: ServiceBusReceiver) -> bool:
    return receiver.receive_messages(1, max_wait_time=0.2) == []


def texts(messages: list[ServiceBusReceivedMessage]) -> list[str]:
    return [str(message) for message in messages]


class TestSending:
    def test_keeps_one_a_list_and_a_batch_in_order(self, house: House) -> None:
        sender = house.sender()
        batch = sender.create_message_batch()
        for text in ("d", "e"):
            batch.add_message(ServiceBusMessage(text))

        sender.send_messages(ServiceBusMessage("a"))
        sender.send_messages([ServiceBusMessage("b"), ServiceBusMessage("c")])
        sender.send_messages(batch)

        found = received(house.receiver(), 5)
        assert texts(found) == ["a", "b", "c", "d", "e"]
        assert [one.sequence_number for one in found] == sorted({one.sequence_number or 0 for one in found})
        for one in found:
            house.receiver().complete_message(one)
        assert house.depth()["messages"] == []

    def test_gives_back_what_was_written_on_the_message(self, house: House) -> None:
        body = bytes(range(256)) * 3
        properties: Any = {"kind": "AdvanceEnrolment", "attempt": 2, "urgent": True}
        message = ServiceBusMessage(
            body,
            message_id="m-1",
            subject="s",
            content_type="application/json",
            application_properties=properties,
        )

        house.sender().send_messages(message)

        (found,) = received(house.receiver())
        assert b"".join(found.body) == body
        assert (found.message_id, found.subject, found.content_type) == ("m-1", "s", "application/json")
        assert found.application_properties == {b"kind": b"AdvanceEnrolment", b"attempt": 2, b"urgent": True}
        assert found.delivery_count == 0

    def test_takes_200_kilobytes_and_refuses_more_than_256(self, house: House) -> None:
        house.sender().send_messages(ServiceBusMessage(b"x" * 200_000))
        (found,) = received(house.receiver())
        assert len(b"".join(found.body)) == 200_000

        with pytest.raises(said.MessageSizeExceededError):
            house.sender().send_messages(ServiceBusMessage(b"x" * 262_144))

        assert len(house.depth()["messages"]) == 1

    def test_tells_the_client_how_much_a_batch_may_hold(self, house: House) -> None:
        batch = house.sender().create_message_batch()

        assert batch.max_size_in_bytes == 256 * 1024
        with pytest.raises(said.MessageSizeExceededError):
            batch.add_message(ServiceBusMessage(b"x" * 262_144))

    def test_refuses_an_id_of_more_than_128_characters(self, house: House) -> None:
        for written in (
            AmqpMessageProperties(message_id="m" * 129),
            AmqpMessageProperties(message_id="m", group_id="g" * 129),
        ):
            with pytest.raises(said.ServiceBusError, match="longer than 128"):
                house.sender().send_messages(AmqpAnnotatedMessage(data_body=b"x", properties=written))

        assert house.depth()["messages"] == []

    def test_keeps_none_of_a_batch_when_one_is_refused(self, house: House) -> None:
        with pytest.raises(said.ServiceBusError):
            house.sender("sessions").send_messages(
                [ServiceBusMessage("good", session_id="s"), ServiceBusMessage("without a session")]
            )

        assert house.depth("sessions")["messages"] == []

    def test_keeps_a_message_id_once_only_where_the_queue_asks_for_it(self, house: House) -> None:
        for queue in ("plain", "once"):
            for text in ("first", "second"):
                house.sender(queue).send_messages(ServiceBusMessage(text, message_id="same"))

        assert len(house.depth("plain")["messages"]) == 2
        assert [one["body"] for one in house.depth("once")["messages"]] == ["first"]

    def test_forgets_a_message_id_after_the_window(self, house: House) -> None:
        house.sender("once").send_messages(ServiceBusMessage("first", message_id="same"))
        house.broker.tell("clock", now={"ahead_by_seconds": 601})
        house.sender("once").send_messages(ServiceBusMessage("later", message_id="same"))

        assert [one["body"] for one in house.depth("once")["messages"]] == ["first", "later"]


class TestScheduling:
    def test_waits_for_its_time_on_the_clock_of_due_times(self, house: House) -> None:
        due = NOW().replace(microsecond=0) + timedelta(hours=3)
        house.sender().send_messages(ServiceBusMessage("by its property", scheduled_enqueue_time_utc=due))
        (number,) = house.sender().schedule_messages(
            ServiceBusMessage("by request"), due + timedelta(seconds=1)
        )
        assert house.depth()["scheduled"] == 2
        assert nothing_comes(house.receiver())

        house.broker.tell("clock", now={"stopped_at": (due + timedelta(minutes=5)).isoformat()})

        found = received(house.receiver(), 2)
        assert texts(found) == ["by its property", "by request"]
        assert [one.enqueued_time_utc for one in found] == [due, due + timedelta(seconds=1)]
        assert (found[1].sequence_number or 0) > number

    def test_wakes_a_receiver_that_waits_when_the_clock_moves(self, house: House) -> None:
        house.sender().schedule_messages(ServiceBusMessage("x"), NOW() + timedelta(days=1))
        came: list[ServiceBusReceivedMessage] = []
        waiting = threading.Thread(target=lambda: came.extend(received(house.receiver(), within=10)))
        waiting.start()

        house.broker.tell("clock", now={"ahead_by_seconds": 86_401})
        waiting.join()

        assert texts(came) == ["x"]

    def test_comes_by_itself_when_time_goes_on(self, house: House) -> None:
        house.sender().schedule_messages(ServiceBusMessage("x"), NOW() + timedelta(seconds=0.6))

        assert nothing_comes(house.receiver())
        assert texts(received(house.receiver())) == ["x"]

    def test_can_be_cancelled_once(self, house: House) -> None:
        due = NOW() + timedelta(hours=1)
        numbers = house.sender().schedule_messages([ServiceBusMessage("a"), ServiceBusMessage("b")], due)

        house.sender().cancel_scheduled_messages(numbers)

        assert house.depth()["messages"] == []
        with pytest.raises(said.MessageNotFoundError):
            house.sender().cancel_scheduled_messages(numbers)


class TestReceiving:
    def test_gives_back_at_once_and_counts_what_is_abandoned(self, house: House) -> None:
        house.send("x")
        for earlier in (0, 1, 2):
            (found,) = received(house.receiver())
            assert found.delivery_count == earlier
            house.receiver().abandon_message(found)

        assert nothing_comes(house.receiver())
        (dead,) = house.depth()["dead_messages"]
        assert (dead["reason"], dead["failures"]) == ("MaxDeliveryCountExceeded", 3)

    def test_sets_dead_letters_aside_with_the_reason(self, house: House) -> None:
        house.sender().send_messages(
            ServiceBusMessage("x", message_id="m", application_properties={"k": "v"})
        )
        (found,) = received(house.receiver())

        house.receiver().dead_letter_message(found, reason="Nonsense", error_description="no such type")

        (peeked,) = house.receiver(dead=True).peek_messages()
        (dead,) = received(house.receiver(dead=True))
        assert (dead.dead_letter_reason, dead.dead_letter_error_description) == ("Nonsense", "no such type")
        assert (peeked.dead_letter_reason, str(dead), dead.message_id) == ("Nonsense", "x", "m")
        assert (dead.application_properties or {})[b"k"] == b"v"
        assert dead.enqueued_time_utc == found.enqueued_time_utc
        house.receiver(dead=True).complete_message(dead)
        assert house.depth()["dead"] == 0

    def test_refuses_to_set_a_dead_letter_aside_again(self, house: House) -> None:
        house.send("x")
        house.receiver().dead_letter_message(received(house.receiver())[0], reason="r")
        (dead,) = received(house.receiver(dead=True))

        with pytest.raises(said.ServiceBusError, match="again"):
            house.receiver(dead=True).dead_letter_message(dead)

        assert house.depth()["dead"] == 1

    def test_puts_aside_what_is_deferred_until_it_is_asked_for_by_number(self, house: House) -> None:
        for dead in (False, True):
            house.send("x")
            receiver = house.receiver(dead=dead)
            if dead:
                house.receiver().dead_letter_message(received(house.receiver())[0], reason="r")
            (found,) = received(receiver)
            receiver.defer_message(found)
            assert nothing_comes(receiver)

            (again,) = receiver.receive_deferred_messages(found.sequence_number or 0)
            receiver.complete_message(again)

            with pytest.raises(said.MessageNotFoundError):
                receiver.receive_deferred_messages(found.sequence_number or 0)
        assert (house.depth()["messages"], house.depth()["dead"]) == ([], 0)

    def test_lets_nobody_settle_after_the_lock_has_ended(self, house: House) -> None:
        house.broker.tell("clock", real={"ahead_by_seconds": 3600})
        house.send("x")
        (found,) = received(house.receiver())
        assert abs(lock_left(found) - timedelta(hours=1, minutes=1)) < timedelta(seconds=5)

        house.broker.tell("clock", real={"ahead_by_seconds": 3661})

        with pytest.raises(said.MessageLockLostError):
            house.receiver().complete_message(found)
        with pytest.raises(said.MessageLockLostError):
            house.receiver().renew_message_lock(found)
        (again,) = received(house.receiver())
        assert (str(again), again.delivery_count) == ("x", 1)

    def test_holds_a_message_longer_when_it_is_renewed(self, house: House) -> None:
        house.send("x")
        (found,) = received(house.receiver())
        house.broker.tell("clock", real={"ahead_by_seconds": 50})

        until = house.receiver().renew_message_lock(found)

        assert until - NOW() > timedelta(seconds=100)
        house.broker.tell("clock", real={"ahead_by_seconds": 100})
        house.receiver().complete_message(found)
        assert house.depth()["messages"] == []

    def test_forgets_at_once_what_is_received_and_deleted(self, house: House) -> None:
        house.send("a", "b")
        mode = ServiceBusReceiveMode.RECEIVE_AND_DELETE
        with house.client.get_queue_receiver(
            "plain", receive_mode=mode, prefetch_count=9, keep_alive=0
        ) as receiver:
            assert texts(received(receiver, 2)) == ["a", "b"]

        assert house.depth()["messages"] == []

    def test_gives_nobody_what_has_outlived_its_time(self, house: House) -> None:
        house.sender().send_messages(ServiceBusMessage("x", time_to_live=timedelta(seconds=30)))

        house.broker.tell("clock", now={"ahead_by_seconds": 31})

        assert nothing_comes(house.receiver())
        assert house.counts()["expire"] == 1

    def test_shows_messages_of_every_state_without_locking_them(self, house: House) -> None:
        house.send("locked", "active")
        house.sender().schedule_messages(ServiceBusMessage("scheduled"), NOW() + timedelta(hours=1))
        (locked,) = received(house.receiver())

        shown = house.receiver().peek_messages(10, sequence_number=1)
        rest = house.receiver().peek_messages(10, sequence_number=(locked.sequence_number or 0) + 1)

        assert {str(one): one.state.name for one in shown} == {
            "locked": "ACTIVE",
            "active": "ACTIVE",
            "scheduled": "SCHEDULED",
        }
        assert texts(rest) == ["active", "scheduled"]
        assert house.depth()["locked"] == 1

    def test_has_back_uncounted_what_a_closing_receiver_fetched_ahead(self, house: House) -> None:
        house.send("a", "b", "c")
        with house.client.get_queue_receiver("plain", prefetch_count=5, keep_alive=0) as receiver:
            (first,) = received(receiver)
            receiver.complete_message(first)

        found = received(house.receiver(), 2)
        assert [(str(one), one.delivery_count) for one in found] == [("b", 0), ("c", 0)]

    def test_refuses_a_queue_that_is_not_there(self, house: House) -> None:
        with (
            pytest.raises(said.MessagingEntityNotFoundError),
            house.client.get_queue_sender("nowhere", keep_alive=0),
        ):
            pass


def lock_left(message: ServiceBusReceivedMessage) -> timedelta:
    assert message.locked_until_utc
    return message.locked_until_utc - NOW()


class TestSessions:
    def test_are_given_longest_waiting_first_each_to_one_holder_with_its_messages_in_order(
        self, house: House
    ) -> None:
        house.send("b1", queue="sessions", session="b")
        house.send("a1", "a2", "a3", queue="sessions", session="a")

        with house.session() as first, house.session() as second:
            assert (first.session.session_id, second.session.session_id) == ("b", "a")
            assert texts(received(second, 3)) == ["a1", "a2", "a3"]
            with pytest.raises(said.SessionCannotBeLockedError), house.session("a"):
                pass
            with pytest.raises(said.OperationTimeoutError), house.session(wait=0.3):
                pass

    def test_come_in_the_order_their_messages_became_due(self, house: House) -> None:
        soon = NOW() + timedelta(minutes=1)
        house.sender("sessions").schedule_messages(ServiceBusMessage("later", session_id="s"), soon)
        house.sender("sessions").schedule_messages(
            ServiceBusMessage("t", session_id="t"), soon - timedelta(seconds=1)
        )
        house.broker.tell("clock", now={"ahead_by_seconds": 120})
        house.send("now", queue="sessions", session="s")

        with house.session() as first, house.session() as second:
            assert [first.session.session_id, second.session.session_id] == ["t", "s"]
            assert texts(received(second, 2)) == ["later", "now"]

    def test_are_given_to_who_waits_as_soon_as_there_is_a_message(self, house: House) -> None:
        began = threading.Event()
        came: list[float] = []

        def wait() -> None:
            receiver = house.client.get_queue_receiver(
                "sessions",
                session_id=NEXT_AVAILABLE_SESSION,
                max_wait_time=10,
                prefetch_count=1,
                keep_alive=0,
            )
            began.set()
            with receiver:
                came.append(time.monotonic())
                receiver.complete_message(received(receiver)[0])

        waiting = threading.Thread(target=wait)
        waiting.start()
        began.wait()
        poll(lambda: house.counts("sessions").get("open-receiver") == 1)
        sent = time.monotonic()
        house.send("x", queue="sessions", session="s")
        waiting.join()

        assert came[0] - sent < 0.5
        assert house.depth("sessions")["messages"] == []

    def test_are_released_when_closed_and_what_was_received_is_due_again_uncounted(
        self, house: House
    ) -> None:
        house.send("x", "y", queue="sessions", session="s")
        with house.session() as receiver:
            assert texts(received(receiver, 2)) == ["x", "y"]

        with house.session() as receiver:
            found = received(receiver, 2)

        assert [(str(one), one.delivery_count) for one in found] == [("x", 0), ("y", 0)]

    def test_are_lost_when_their_lock_ends_and_the_delivery_is_counted(self, house: House) -> None:
        house.broker.tell("clock", real={"ahead_by_seconds": 3600})
        house.send("x", queue="sessions", session="s")
        with house.session() as receiver:
            (found,) = received(receiver)

            house.broker.tell("clock", real={"ahead_by_seconds": 3600 + 301})

            with pytest.raises(said.SessionLockLostError):
                receiver.complete_message(found)
        assert [one["failures"] for one in house.depth("sessions")["messages"]] == [1]

    def test_are_held_longer_when_renewed(self, house: House) -> None:
        house.send("x", queue="sessions", session="s")
        with house.session() as receiver:
            (found,) = received(receiver)
            house.broker.tell("clock", real={"ahead_by_seconds": 299})
            assert receiver.session.renew_lock() - NOW() > timedelta(seconds=590)
            house.broker.tell("clock", real={"ahead_by_seconds": 590})
            receiver.complete_message(found)

        assert house.depth("sessions")["messages"] == []

    def test_keep_a_state_for_the_next_holder(self, house: House) -> None:
        with house.session("kept") as receiver:
            receiver.session.set_state(b"step 3")
        with house.session("kept") as receiver:
            assert receiver.session.get_state() == b"step 3"
            receiver.session.set_state(None)

    def test_must_be_named_by_who_sends_and_by_who_receives_and_only_there(self, house: House) -> None:
        with pytest.raises(said.ServiceBusError, match="name its session"):
            house.send("x", queue="sessions")
        with (
            pytest.raises(said.ServiceBusError, match="no receiver without a session"),
            house.client.get_queue_receiver("sessions"),
        ):
            pass
        with (
            pytest.raises(said.ServiceBusError, match="no receiver with one"),
            house.client.get_queue_receiver("plain", session_id="s"),
        ):
            pass


def poll(what: Any, within: float = 10) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@dataclass
class ATokenOfOnesOwn:
    """A credential that gives one token again and again."""

    token: str

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(self.token, 10**10)


REASONS = {
    "audience": "is not",
    "over": "Expired",
    "forged": "InvalidSignature",
    "key": "DecodeError",
}


class TestIdentity:
    def test_is_asked_for_a_token_of_the_service(self, house: House) -> None:
        house.send("x")

        assert AUDIENCE in house.identity.asked

    @pytest.mark.parametrize("fault", ["audience", "over", "forged", "key"])
    def test_lets_nobody_in_without_a_good_token(self, house: House, fault: str) -> None:
        good = house.identity.token(AUDIENCE)
        credentials: dict[str, Any] = {
            "audience": ATokenOfOnesOwn(house.identity.token("https://cosmos.azure.com/")),
            "over": ATokenOfOnesOwn(house.identity.token(AUDIENCE, exp=NOW() - timedelta(minutes=1))),
            "forged": ATokenOfOnesOwn(good[:-8] + "AAAAAAAA"),
            "key": AzureNamedKeyCredential("RootManageSharedAccessKey", "a key"),
        }

        refused_before = house.broker.ask("tokens")["refused"]

        client = a_client(house.broker, credentials[fault])
        with pytest.raises(said.ServiceBusConnectionError), client.get_queue_sender("plain", keep_alive=0):
            pass

        (why,) = house.broker.ask("tokens")["refused"][len(refused_before) :]
        assert REASONS[fault] in why

    def test_holds_no_longer_than_its_token(self, house: House) -> None:
        short = house.identity.token(AUDIENCE, exp=NOW() + timedelta(seconds=2))
        links = house.broker.ask("links").get("plain", 0)
        with a_client(house.broker, ATokenOfOnesOwn(short)).get_queue_sender("plain", keep_alive=0) as sender:
            sender.send_messages(ServiceBusMessage("in time"))
            assert house.broker.ask("links")["plain"] == links + 1
            poll(lambda: house.broker.ask("links").get("plain", 0) == links)
            with pytest.raises(said.ServiceBusError):
                sender.send_messages(ServiceBusMessage("too late"))

        assert [one["body"] for one in house.depth()["messages"]] == ["in time"]


class TestFaults:
    def test_dropping_connections_is_got_over_by_a_client_that_tries_again(self, house: House) -> None:
        with house.a_sender_that_tries_again() as sender:
            sender.send_messages(ServiceBusMessage("a"))
            assert house.broker.tell("drop")["dropped"] >= 1
            sender.send_messages(ServiceBusMessage("b"))

        assert [one["body"] for one in house.depth()["messages"]] == ["a", "b"]

    def test_dropping_them_again_and_again_loses_nothing_that_was_answered(self, house: House) -> None:
        with house.a_sender_that_tries_again("once") as sender:
            house.broker.tell("drop", every=1.2, lasting=60)
            sent = 0
            while house.counts("once")["open-sender"] < 3:
                sender.send_messages(ServiceBusMessage(f"{sent}", message_id=f"m-{sent}"))
                sent += 1
            house.broker.tell("drop", every=1, lasting=0)

        assert [one["body"] for one in house.depth("once")["messages"]] == [
            str(number) for number in range(sent)
        ]

    def test_losing_an_answer_makes_the_sender_repeat_what_was_kept(self, house: House) -> None:
        for queue in ("plain", "once"):
            with house.a_sender_that_tries_again(queue) as sender:
                house.broker.tell("faults", lose_send_answers=1)
                sender.send_messages(ServiceBusMessage("x", message_id="m"))

        assert (house.counts()["send"], house.counts("once")) == (
            2,
            {"open-sender": 2, "send": 1, "duplicate": 1},
        )

    def test_rejecting_a_send_says_that_the_server_is_busy(self, house: House) -> None:
        house.broker.tell("faults", reject_sends=1)

        with pytest.raises(said.ServiceBusServerBusyError):
            house.send("x")
        house.send("y")

        assert [one["body"] for one in house.depth()["messages"]] == ["y"]

    def test_swallowing_a_send_leaves_the_sender_to_its_own_patience(self, house: House) -> None:
        house.broker.tell("faults", swallow_sends=1)

        with pytest.raises(said.OperationTimeoutError):
            house.sender().send_messages(ServiceBusMessage("x"), timeout=0.5)

    def test_delivering_twice_brings_a_completed_message_once_more(self, house: House) -> None:
        house.send("x")
        house.broker.tell("faults", deliver_twice=1)
        for earlier in (0, 1):
            (found,) = received(house.receiver())
            assert found.delivery_count == earlier
            house.receiver().complete_message(found)

        assert house.depth()["messages"] == []

    def test_delaying_dispositions_keeps_the_receiver_waiting(self, house: House) -> None:
        house.send("x")
        (found,) = received(house.receiver())
        house.broker.tell("faults", delay_dispositions=0.4)
        began = time.monotonic()

        house.receiver().complete_message(found)

        assert time.monotonic() - began > 0.35

    def test_slowness_makes_every_exchange_take_longer(self, house: House) -> None:
        house.send("x")
        house.broker.tell("faults", slow_by=0.3)
        began = time.monotonic()

        house.send("y")

        assert time.monotonic() - began > 0.25

    def test_ending_a_lock_early_gives_the_message_to_another(self, house: House) -> None:
        house.send("x", "y")
        first, _ = received(house.receiver(), 2)

        assert house.broker.tell("expire", queue="plain", sequence_number=first.sequence_number) == {
            "ended": 1
        }

        with pytest.raises(said.MessageLockLostError):
            house.receiver().complete_message(first)
        assert [one.delivery_count for one in received(house.receiver())] == [1]

    def test_ending_a_sessions_lock_early_detaches_its_holder(self, house: House) -> None:
        house.send("x", queue="sessions", session="s")
        with house.session() as receiver:
            (found,) = received(receiver)
            assert house.broker.tell("expire", queue="sessions", session="s") == {"ended": 1}
            with pytest.raises(said.SessionLockLostError):
                receiver.complete_message(found)

    def test_detaching_a_link_makes_the_client_attach_again(self, house: House) -> None:
        with house.a_sender_that_tries_again() as sender:
            assert house.broker.tell("detach", queue="plain")["detached"] >= 1
            sender.send_messages(ServiceBusMessage("x"))

        assert [one["body"] for one in house.depth()["messages"]] == ["x"]

    @pytest.mark.parametrize(
        ("what", "wish"),
        [
            ("faults", {"rain": 1}),
            ("clock", {"then": {}}),
            ("clock", {"now": {}}),
            ("create", {"name": "q", "lockDuration": "PT6M"}),
            ("nothing", {}),
        ],
    )
    def test_refuse_a_wish_they_do_not_know(self, house: House, what: str, wish: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="refused"):
            house.broker.tell(what, **wish)


KILLED_WHILE_IT_HOLDS = """
import sys
from azure.identity import ManagedIdentityCredential
from azure.servicebus import ServiceBusClient, TransportType
endpoint, ca, queue, session = sys.argv[1:]
client = ServiceBusClient("localhost", ManagedIdentityCredential(), custom_endpoint_address=endpoint,
    transport_type=TransportType.Amqp, connection_verify=ca)
receiver = client.get_queue_receiver(queue, session_id=session or None)
print(len(receiver.receive_messages(1, max_wait_time=5)), flush=True)
sys.stdin.read()
"""


class TestAClientThatIsKilled:
    def test_leaves_a_plain_message_locked_and_a_session_free(self, house: House) -> None:
        house.send("x")
        house.send("y", queue="sessions", session="s")

        kill_one_that_holds(house, "plain", "")
        kill_one_that_holds(house, "sessions", "s")

        poll(lambda: house.depth("sessions")["sessions_held"] == [])
        with house.session() as receiver:
            assert [(str(one), one.delivery_count) for one in received(receiver)] == [("y", 0)]
        assert (house.depth()["locked"], nothing_comes(house.receiver())) == (1, True)
        house.broker.tell("clock", real={"ahead_by_seconds": 61})
        assert [one.delivery_count for one in received(house.receiver())] == [1]


def kill_one_that_holds(house: House, queue: str, session: str) -> None:
    addresses = house.broker.addresses
    command = [
        sys.executable,
        "-c",
        KILLED_WHILE_IT_HOLDS,
        addresses["endpoint"],
        addresses["ca"],
        queue,
        session,
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"1\n"
        os.kill(process.pid, signal.SIGKILL)
