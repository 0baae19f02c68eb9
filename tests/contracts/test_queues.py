"""The promises of `shared.kernel.queues`, for every adapter."""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.kernel.queues import (
    LARGEST_BODY,
    MOST_DELIVERIES,
    MOST_DELIVERIES_IN_A_SESSION,
    LockLost,
    OutgoingMessage,
    QueueDepth,
    ReceivedMessage,
    SessionLease,
)
from shared.kernel.refusals import Nonsense, NotFound, TransientFault
from tests.contracts.conftest import SESSION_QUEUES
from tests.support.house import a_house
from tests.support.outside_broker import outside_place
from tests.support.service_bus_house import QueueHouse, a_service_bus_house, an_outside_house

PLAIN = "deliveries"
STEPS = "journey-steps"
A_MINUTE = timedelta(minutes=1)
NEVER = datetime.max.replace(tzinfo=UTC)
ADAPTERS = ("sqlite", "service-bus")


@pytest.fixture(params=ADAPTERS)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[QueueHouse]:
    if request.param == "sqlite":
        with a_house(tmp_path, session_queues=SESSION_QUEUES) as built:
            moment = timedelta(microseconds=1)
            yield QueueHouse(built.queues, built.clock, MOST_DELIVERIES_IN_A_SESSION, moment)
    elif outside_place() is not None:
        yield an_outside_house(*request.getfixturevalue("outside_queues"))
    else:
        bus, queues, clock = map(request.getfixturevalue, ("bus", "bus_queues", "bus_clock"))
        with a_service_bus_house(bus, queues, clock) as built:
            yield built


def send(
    house: QueueHouse,
    *names: str,
    to: str = PLAIN,
    session: str | None = None,
    due_at: datetime | None = None,
) -> None:
    house.queues.send(to, [OutgoingMessage(name, name.encode(), session, due_at) for name in names])


def receive(house: QueueHouse, limit: int = 10, *, of: str = PLAIN) -> Sequence[ReceivedMessage]:
    return house.queues.receive(of, limit=limit, lock_for=A_MINUTE)


def accept(house: QueueHouse) -> SessionLease:
    lease = house.queues.accept_session(STEPS, lock_for=A_MINUTE)
    assert lease is not None
    return lease


def in_session(house: QueueHouse, lease: SessionLease, limit: int = 10) -> list[str]:
    return ids(house.queues.receive_in_session(lease, limit=limit))


def ids(messages: Sequence[ReceivedMessage]) -> list[str]:
    return [message.id for message in messages]


def depth(house: QueueHouse, queue: str = PLAIN) -> QueueDepth:
    (found,) = [each for each in house.queues.depths() if each.queue == queue]
    return found


class TestSendingTooMuch:
    def test_is_a_bug_and_sends_nothing(self, house: QueueHouse) -> None:
        small, large = OutgoingMessage("small", b"{}"), OutgoingMessage("large", b"x" * (LARGEST_BODY + 1))

        with pytest.raises(ValueError, match="200000 bytes at most"):
            house.queues.send(PLAIN, [small, large])

        assert list(receive(house)) == []

    def test_begins_above_the_limit(self, house: QueueHouse) -> None:
        house.queues.send(PLAIN, [OutgoingMessage("m", b"x" * LARGEST_BODY)])

        assert len(receive(house)) == 1


class TestSendingAndReceiving:
    def test_gives_what_was_sent(self, house: QueueHouse) -> None:
        message = OutgoingMessage("m~1", b'{"\xc3\xa5": 1}', properties={"attempt": "2", "correlation": "ö"})
        house.queues.send(PLAIN, [message])

        (received,) = receive(house)

        assert (received.id, received.body, received.properties) == ("m~1", message.body, message.properties)
        assert (received.queue, received.session, received.delivery_count) == (PLAIN, None, 1)
        assert house.are_one(received.enqueued_at, house.clock.now())
        assert house.are_one(received.locked_until, house.clock.real() + A_MINUTE)

    def test_gives_the_oldest_first(self, house: QueueHouse) -> None:
        send(house, "first", "second")
        send(house, "third")

        assert ids(receive(house, 2)) == ["first", "second"]
        assert ids(receive(house, 2)) == ["third"]

    def test_gives_none_when_there_are_none(self, house: QueueHouse) -> None:
        assert list(receive(house)) == []

    def test_keeps_queues_apart(self, house: QueueHouse) -> None:
        send(house, "mine")
        send(house, "other", to="audit-entries")

        assert ids(receive(house)) == ["mine"]

    def test_takes_the_same_id_twice(self, house: QueueHouse) -> None:
        send(house, "same")
        send(house, "same")

        first, second = receive(house)

        assert first.sequence_number != second.sequence_number

    @pytest.mark.parametrize("name", ["", "x" * 129])
    def test_calls_an_id_that_no_broker_takes_a_bug(self, house: QueueHouse, name: str) -> None:
        with pytest.raises(ValueError, match="128"):
            send(house, name)

    def test_calls_a_due_time_without_a_zone_a_bug(self, house: QueueHouse) -> None:
        with pytest.raises(ValueError, match="zone"):
            send(house, "m", due_at=datetime(2026, 3, 29, 2, 30))  # noqa: DTZ001  # what is refused


class TestScheduling:
    def test_holds_back_until_due(self, house: QueueHouse) -> None:
        send(house, "later", due_at=house.clock.now() + A_MINUTE)

        house.clock.pass_by(A_MINUTE - house.moment)
        assert list(receive(house)) == []

        house.clock.pass_by(house.moment)
        assert ids(receive(house)) == ["later"]

    def test_gives_messages_in_the_order_they_became_due(self, house: QueueHouse) -> None:
        send(house, "third", due_at=house.clock.now() + 2 * A_MINUTE)
        send(house, "second", due_at=house.clock.now() + A_MINUTE)
        send(house, "first")
        house.clock.pass_by(3 * A_MINUTE)
        send(house, "fourth")

        assert ids(receive(house)) == ["first", "second", "third", "fourth"]

    def test_measures_due_times_in_business_time(self, house: QueueHouse) -> None:
        send(house, "in three days", due_at=house.clock.now() + timedelta(days=3))

        house.clock.instant += timedelta(days=3)  # time travel: the machine's clock stands

        assert ids(receive(house)) == ["in three days"]

    def test_does_not_hold_back_what_was_sent_before_business_time_went_back(self, house: QueueHouse) -> None:
        send(house, "first")
        house.clock.instant -= timedelta(days=3)
        send(house, "second")

        assert ids(receive(house)) == ["first", "second"]

    def test_was_enqueued_when_it_became_due(self, house: QueueHouse) -> None:
        due_at = house.clock.now() + A_MINUTE
        send(house, "later", due_at=due_at)
        house.clock.pass_by(2 * A_MINUTE)

        (received,) = receive(house)

        assert received.enqueued_at == due_at


class TestManyThatAreScheduled:
    """More of them, and sent before, than any look into a queue counts as due."""

    COUNT = 1100

    def test_do_not_hide_what_is_due(self, house: QueueHouse) -> None:
        self.schedule(house, PLAIN)
        send(house, "due")

        found = depth(house)
        assert (found.waiting, found.scheduled) == (1, self.COUNT)
        assert ids(receive(house)) == ["due"]

    def test_do_not_hide_a_session(self, house: QueueHouse) -> None:
        self.schedule(house, STEPS, session="astrid")
        send(house, "due", to=STEPS, session="astrid")

        found = depth(house, STEPS)
        assert (found.waiting, found.scheduled) == (1, self.COUNT)
        lease = accept(house)
        assert in_session(house, lease) == ["due"]

    def schedule(self, house: QueueHouse, queue: str, session: str | None = None) -> None:
        names = (f"later {number}" for number in range(self.COUNT))
        send(house, *names, to=queue, session=session, due_at=house.clock.now() + A_MINUTE)


class TestLocks:
    def test_keep_a_message_from_others(self, house: QueueHouse) -> None:
        send(house, "m")
        receive(house)

        house.clock.pass_by(A_MINUTE - house.moment)

        assert list(receive(house)) == []

    def test_lapse_and_count_one_delivery_more(self, house: QueueHouse) -> None:
        send(house, "m")
        (first,) = receive(house)
        house.clock.pass_by(A_MINUTE)

        (second,) = receive(house)

        assert (second.sequence_number, second.delivery_count) == (first.sequence_number, 2)
        assert second.lock_token != first.lock_token

    def test_are_measured_in_machine_time(self, house: QueueHouse) -> None:
        send(house, "m")
        receive(house)

        house.clock.instant += timedelta(days=3)
        assert list(receive(house)) == []

        house.clock.machine += A_MINUTE
        assert ids(receive(house)) == ["m"]

    def test_can_be_held_longer(self, house: QueueHouse) -> None:
        send(house, "m")
        (message,) = receive(house)
        house.clock.pass_by(A_MINUTE - house.moment)

        until = house.queues.renew(message, lock_for=A_MINUTE)

        assert house.are_one(until, house.clock.real() + A_MINUTE)
        house.clock.pass_by(A_MINUTE - house.moment)
        assert list(receive(house)) == []
        house.queues.complete([message])

    def test_that_lapsed_cannot_be_used(self, house: QueueHouse) -> None:
        send(house, "m")
        (message,) = receive(house)
        house.clock.pass_by(A_MINUTE)

        with pytest.raises(LockLost):
            house.queues.renew(message, lock_for=A_MINUTE)
        with pytest.raises(LockLost):
            house.queues.complete([message])
        with pytest.raises(LockLost):
            house.queues.abandon(message)
        with pytest.raises(LockLost):
            house.queues.dead_letter(message, reason="too late")
        assert ids(receive(house)) == ["m"]

    def test_of_another_do_not_help(self, house: QueueHouse) -> None:
        send(house, "m")
        (lapsed,) = receive(house)
        house.clock.pass_by(A_MINUTE)
        (held,) = receive(house)

        with pytest.raises(LockLost):
            house.queues.complete([lapsed])

        house.queues.complete([held])


class TestSettling:
    def test_completed_messages_never_come_again(self, house: QueueHouse) -> None:
        send(house, "m", "n")
        house.queues.complete(receive(house))

        house.clock.pass_by(timedelta(days=1))

        assert list(receive(house)) == []
        assert (depth(house).waiting, depth(house).locked) == (0, 0)

    def test_completing_twice_is_noticed(self, house: QueueHouse) -> None:
        send(house, "m")
        messages = receive(house)
        house.queues.complete(messages)

        with pytest.raises(LockLost):
            house.queues.complete(messages)

    def test_completes_the_others_when_one_lock_had_lapsed(self, house: QueueHouse) -> None:
        send(house, "lapsed")
        (lapsed,) = receive(house)
        house.clock.pass_by(A_MINUTE)
        send(house, "held")
        messages = receive(house)
        (held,) = [each for each in messages if each.id == "held"]

        with pytest.raises(LockLost):
            house.queues.complete([lapsed, held])

        house.clock.pass_by(A_MINUTE)
        assert ids(receive(house)) == ["lapsed"]

    def test_an_abandoned_message_is_due_again_at_once(self, house: QueueHouse) -> None:
        send(house, "m", "n")
        (message,) = receive(house, 1)

        house.queues.abandon(message)

        again, other = receive(house)
        assert (again.id, again.delivery_count, other.id) == ("m", 2, "n")

    def test_a_message_delivered_too_often_is_dead_lettered(self, house: QueueHouse) -> None:
        send(house, "m", "n")
        for _ in range(MOST_DELIVERIES):
            (message,) = receive(house, 1)
            house.queues.abandon(message)

        assert ids(receive(house, 1)) == ["n"]

        (dead,) = house.queues.dead_letters(PLAIN).items
        assert (dead.id, dead.reason) == ("m", "MaxDeliveryCountExceeded")
        assert dead.delivery_count == MOST_DELIVERIES

    def test_lapsed_locks_count_towards_too_often(self, house: QueueHouse) -> None:
        send(house, "m")
        for _ in range(MOST_DELIVERIES):
            assert ids(receive(house)) == ["m"]
            house.clock.pass_by(A_MINUTE)

        assert list(receive(house)) == []
        assert depth(house).dead == 1


class TestDeadLetters:
    def set_aside(self, house: QueueHouse, *names: str) -> None:
        send(house, *names)
        for message in receive(house):
            house.queues.dead_letter(message, reason="Nonsense", description="body: missing")

    def test_keep_the_message_and_the_reason(self, house: QueueHouse) -> None:
        message = OutgoingMessage("m", b"{", properties={"attempt": "2"})
        house.queues.send(PLAIN, [message])
        (received,) = receive(house)

        house.queues.dead_letter(received, reason="Nonsense", description="body: missing")

        (dead,) = house.queues.dead_letters(PLAIN).items
        assert (dead.reason, dead.description) == ("Nonsense", "body: missing")
        assert (dead.queue, dead.id, dead.body, dead.properties) == (PLAIN, "m", b"{", {"attempt": "2"})
        assert (dead.enqueued_at, dead.delivery_count) == (received.enqueued_at, 1)

    def test_do_not_come_again(self, house: QueueHouse) -> None:
        self.set_aside(house, "m")

        house.clock.pass_by(timedelta(days=1))

        assert list(receive(house)) == []

    def test_are_listed_page_by_page_oldest_first(self, house: QueueHouse) -> None:
        self.set_aside(house, "a", "b", "c")

        first = house.queues.dead_letters(PLAIN, limit=2)
        second = house.queues.dead_letters(PLAIN, limit=2, after=first.next)

        assert [dead.id for dead in (*first.items, *second.items)] == ["a", "b", "c"]
        assert second.next is None

    def test_know_no_page_after_nonsense(self, house: QueueHouse) -> None:
        with pytest.raises(Nonsense):
            house.queues.dead_letters(PLAIN, after="x' OR 1")

    def test_are_taken_out_once(self, house: QueueHouse) -> None:
        self.set_aside(house, "m")
        (dead,) = house.queues.dead_letters(PLAIN).items

        assert house.queues.take_dead_letter(PLAIN, dead.sequence_number) == dead

        assert house.queues.dead_letters(PLAIN).items == ()
        with pytest.raises(NotFound):
            house.queues.take_dead_letter(PLAIN, dead.sequence_number)

    def test_are_taken_from_among_others_which_stay(self, house: QueueHouse) -> None:
        self.set_aside(house, "a", "b", "c")
        _, second, _ = house.queues.dead_letters(PLAIN).items

        taken = house.queues.take_dead_letter(PLAIN, second.sequence_number)

        assert taken.id == "b"
        assert [dead.id for dead in house.queues.dead_letters(PLAIN).items] == ["a", "c"]

    def test_of_many_who_take_one_go_to_one(self, house: QueueHouse) -> None:
        self.set_aside(house, "m")
        (dead,) = house.queues.dead_letters(PLAIN).items

        def take(_: int) -> bool:
            try:
                house.queues.take_dead_letter(PLAIN, dead.sequence_number)
            except (NotFound, TransientFault):
                return False
            return True

        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(take, range(4))).count(True) == 1

    def test_are_not_found_in_another_queue(self, house: QueueHouse) -> None:
        self.set_aside(house, "m")
        (dead,) = house.queues.dead_letters(PLAIN).items

        with pytest.raises(NotFound):
            house.queues.take_dead_letter("audit-entries", dead.sequence_number)


class TestSessions:
    def test_give_their_messages_in_the_order_they_became_due(self, house: QueueHouse) -> None:
        send(house, "third", to=STEPS, session="astrid", due_at=house.clock.now() + A_MINUTE)
        send(house, "first", "second", to=STEPS, session="astrid")
        house.clock.pass_by(A_MINUTE)
        send(house, "fourth", to=STEPS, session="astrid")

        lease = accept(house)

        assert in_session(house, lease, 3) == ["first", "second", "third"]
        assert in_session(house, lease, 3) == ["fourth"]

    def test_do_not_mix(self, house: QueueHouse) -> None:
        send(house, "a1", to=STEPS, session="astrid")
        send(house, "b1", to=STEPS, session="bento")
        send(house, "a2", to=STEPS, session="astrid")

        assert in_session(house, accept(house)) == ["a1", "a2"]
        assert in_session(house, accept(house)) == ["b1"]

    def test_are_accepted_longest_waiting_first(self, house: QueueHouse) -> None:
        send(house, "later", to=STEPS, session="astrid", due_at=house.clock.now() + A_MINUTE)
        send(house, "first", to=STEPS, session="bento")
        house.clock.pass_by(A_MINUTE)

        assert [accept(house).session, accept(house).session] == ["bento", "astrid"]

    def test_wait_from_their_first_unsettled_message(self, house: QueueHouse) -> None:
        send(house, "a1", to=STEPS, session="astrid")
        send(house, "b1", to=STEPS, session="bento")
        send(house, "a2", to=STEPS, session="astrid")
        lease = accept(house)
        house.queues.complete(house.queues.receive_in_session(lease, limit=1))
        house.queues.release_session(lease)

        assert accept(house).session == "bento"

    def test_have_one_holder_at_a_time(self, house: QueueHouse) -> None:
        send(house, "a1", to=STEPS, session="astrid")
        accept(house)
        send(house, "a2", to=STEPS, session="astrid")

        assert house.queues.accept_session(STEPS, lock_for=A_MINUTE) is None

    def test_are_not_accepted_before_anything_is_due(self, house: QueueHouse) -> None:
        send(house, "later", to=STEPS, session="astrid", due_at=house.clock.now() + A_MINUTE)

        assert house.queues.accept_session(STEPS, lock_for=A_MINUTE) is None

    def test_are_not_accepted_when_all_is_done(self, house: QueueHouse) -> None:
        send(house, "a1", to=STEPS, session="astrid")
        lease = accept(house)
        house.queues.complete(house.queues.receive_in_session(lease, limit=1))
        house.queues.release_session(lease)

        assert house.queues.accept_session(STEPS, lock_for=A_MINUTE) is None

    def test_that_lapsed_with_all_done_are_not_accepted(self, house: QueueHouse) -> None:
        send(house, "a1", to=STEPS, session="astrid")
        lease = accept(house)
        house.queues.complete(house.queues.receive_in_session(lease, limit=1))
        house.clock.pass_by(A_MINUTE)

        assert house.queues.accept_session(STEPS, lock_for=A_MINUTE) is None

    def test_are_kept_apart_by_queue(self, house: QueueHouse) -> None:
        send(house, "a1", to=STEPS, session="astrid")
        send(house, "start", to="journey-starts", session="astrid")
        accept(house)

        other = house.queues.accept_session("journey-starts", lock_for=A_MINUTE)

        assert other is not None
        assert in_session(house, other) == ["start"]

    def test_are_free_again_when_the_lock_lapses(self, house: QueueHouse) -> None:
        send(house, "a1", to=STEPS, session="astrid")
        lapsed = accept(house)
        (first,) = house.queues.receive_in_session(lapsed, limit=1)
        house.clock.pass_by(A_MINUTE)

        (again,) = house.queues.receive_in_session(accept(house), limit=1)

        assert (again.id, again.delivery_count) == ("a1", 2)
        with pytest.raises(LockLost):
            house.queues.complete([first])
        with pytest.raises(LockLost):
            house.queues.receive_in_session(lapsed, limit=1)
        with pytest.raises(LockLost):
            house.queues.renew_session(lapsed, lock_for=A_MINUTE)

    def test_held_longer_hold_their_messages_longer(self, house: QueueHouse) -> None:
        send(house, "a1", to=STEPS, session="astrid")
        lease = accept(house)
        messages = house.queues.receive_in_session(lease, limit=1)
        house.clock.pass_by(A_MINUTE - house.moment)

        until = house.queues.renew_session(lease, lock_for=A_MINUTE)

        assert house.are_one(until, house.clock.real() + A_MINUTE)
        house.clock.pass_by(A_MINUTE - house.moment)
        assert house.queues.accept_session(STEPS, lock_for=A_MINUTE) is None
        house.queues.complete(messages)

    def test_released_give_back_what_was_not_settled_uncounted(self, house: QueueHouse) -> None:
        send(house, "a1", "a2", to=STEPS, session="astrid")
        lease = accept(house)
        house.queues.receive_in_session(lease, limit=2)

        house.queues.release_session(lease)

        again = house.queues.receive_in_session(accept(house), limit=2)
        assert [(each.id, each.delivery_count) for each in again] == [("a1", 1), ("a2", 1)]

    def test_released_too_late_leave_the_next_holder_alone(self, house: QueueHouse) -> None:
        send(house, "a1", to=STEPS, session="astrid")
        lapsed = accept(house)
        house.clock.pass_by(A_MINUTE)
        held = accept(house)

        house.queues.release_session(lapsed)

        assert in_session(house, held) == ["a1"]

    def test_give_an_abandoned_message_again_before_its_successors(self, house: QueueHouse) -> None:
        send(house, "a1", "a2", to=STEPS, session="astrid")
        lease = accept(house)
        (first,) = house.queues.receive_in_session(lease, limit=1)

        house.queues.abandon(first)

        again = house.queues.receive_in_session(lease, limit=2)
        assert [(each.id, each.delivery_count) for each in again] == [("a1", 2), ("a2", 1)]

    def test_set_aside_after_so_many_deliveries_and_go_on(self, house: QueueHouse) -> None:
        send(house, "a1", "a2", to=STEPS, session="astrid")
        lease = accept(house)
        for _ in range(house.most_in_a_session):
            (message,) = house.queues.receive_in_session(lease, limit=1)
            house.queues.abandon(message)

        assert in_session(house, lease, 1) == ["a2"]

        (dead,) = house.queues.dead_letters(STEPS).items
        assert (dead.id, dead.session) == ("a1", "astrid")
        assert (dead.reason, dead.delivery_count) == (
            "MaxDeliveryCountExceeded",
            house.most_in_a_session,
        )

    def test_let_a_message_be_set_aside_by_its_holder(self, house: QueueHouse) -> None:
        send(house, "a1", "a2", to=STEPS, session="astrid")
        lease = accept(house)
        (first,) = house.queues.receive_in_session(lease, limit=1)

        house.queues.dead_letter(first, reason="Nonsense")

        assert in_session(house, lease) == ["a2"]
        assert [dead.id for dead in house.queues.dead_letters(STEPS).items] == ["a1"]

    def test_are_insisted_on_where_a_queue_has_them_and_refused_elsewhere(self, house: QueueHouse) -> None:
        with pytest.raises(ValueError, match="sessions"):
            send(house, "m", to=STEPS)
        with pytest.raises(ValueError, match="sessions"):
            send(house, "m", to=PLAIN, session="astrid")
        with pytest.raises(ValueError, match="sessions"):
            receive(house, of=STEPS)
        with pytest.raises(ValueError, match="sessions"):
            house.queues.accept_session(PLAIN, lock_for=A_MINUTE)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
class TestForgettingLocks:
    """For a host that finds the locks of one that is no more; not of the port."""

    def test_makes_a_message_due_again_uncounted(self, house: QueueHouse) -> None:
        send(house, "m")
        (lost,) = receive(house)

        house.queues.forget_locks()

        (again,) = receive(house)
        assert (again.id, again.delivery_count) == ("m", 1)
        with pytest.raises(LockLost):
            house.queues.complete([lost])

    def test_frees_sessions_in_the_order_they_have_waited(self, house: QueueHouse) -> None:
        send(house, "a1", to=STEPS, session="astrid")
        send(house, "b1", to=STEPS, session="bento")
        send(house, "a2", to=STEPS, session="astrid")
        lost = accept(house)
        house.queues.complete(house.queues.receive_in_session(lost, limit=1))

        house.queues.forget_locks()

        assert [accept(house).session, accept(house).session] == ["bento", "astrid"]
        with pytest.raises(LockLost):
            house.queues.receive_in_session(lost, limit=1)


class TestDepths:
    def test_count_what_lies_where(self, house: QueueHouse) -> None:
        send(house, "locked", "dead", "waiting")
        send(house, "scheduled", due_at=house.clock.now() + 2 * A_MINUTE)
        send(house, "due meanwhile", due_at=house.clock.now() + house.moment)
        _, dead = receive(house, 2)
        house.queues.dead_letter(dead, reason="Nonsense")
        enqueued_at = house.clock.now()

        house.clock.pass_by(house.moment)

        assert depth(house) == QueueDepth(PLAIN, 2, 1, 1, 1, enqueued_at)

    def test_count_a_lapsed_message_as_waiting(self, house: QueueHouse) -> None:
        send(house, "m")
        enqueued_at = house.clock.now()
        receive(house)

        house.clock.pass_by(A_MINUTE)

        assert depth(house) == QueueDepth(PLAIN, 1, 0, 0, 0, enqueued_at)

    def test_count_what_lies_in_sessions(self, house: QueueHouse) -> None:
        enqueued_at = house.clock.now()
        send(house, "a1", "a2", to=STEPS, session="astrid")
        house.queues.receive_in_session(accept(house), limit=1)
        before = depth(house, STEPS)
        assert house.are_one(before.oldest_waiting_since or NEVER, enqueued_at)
        assert replace(before, oldest_waiting_since=None) == QueueDepth(STEPS, 1, 0, 1, 0, None)

        house.clock.pass_by(A_MINUTE)

        assert depth(house, STEPS) == QueueDepth(STEPS, 2, 0, 0, 0, enqueued_at)

    def test_say_nothing_waits_when_all_is_locked(self, house: QueueHouse) -> None:
        send(house, "m")
        receive(house)

        assert depth(house) == QueueDepth(PLAIN, 0, 0, 1, 0, None)

    def test_know_each_queue_that_ever_held_anything(self, house: QueueHouse) -> None:
        send(house, "m")
        house.queues.complete(receive(house))

        assert QueueDepth(PLAIN, 0, 0, 0, 0, None) in house.queues.depths()
