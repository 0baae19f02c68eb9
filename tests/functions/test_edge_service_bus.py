"""Every row of architecture §7, as a queue sees it; and D6."""

import json
import logging
import typing
from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import azure.functions as func
import pytest

from functions.edge import http, service_bus, settling
from functions.edge.awaited import Awaited
from functions.edge.faults import Failed
from functions.edge.sleepers import MOST_ASLEEP, SHORT_WAIT, Sleepers
from shared.kernel.documents import Create
from shared.kernel.queues import MOST_DELIVERIES_IN_A_SESSION, ReceivedMessage
from shared.kernel.refusals import (
    AlreadyExists,
    Gone,
    LostRace,
    Nonsense,
    NotFound,
    NotYetVisible,
    Refusal,
    Stale,
    Throttled,
    TransientFault,
)
from shared.operations.model import ParkedQuery
from shared.operations.shown import ParkedShown
from tests.support.edge_app import (
    PLANTED,
    EdgeApplication,
    NoteAsked,
    a_message,
    an_application,
    as_delivered,
    everything_in,
)
from tests.support.issuer import NOON

PLAIN, IN_SESSIONS = "deliveries", "journey-steps"
GOOD = {"text": "Call back"}


@dataclass(frozen=True)
class NoteOfAKind:
    """A note as this version knows notes."""

    kind: Literal["written"]
    text: str = ""


@dataclass(frozen=True)
class WrittenNote:
    kind: Literal["written"]
    text: str


@dataclass(frozen=True)
class SungNote:
    kind: Literal["sung"]
    tune: str


class TakeNoteOfAKind:
    """Takes notes of the kinds that this version knows."""

    def __call__(self, asked: WrittenNote | SungNote) -> None: ...


class NobodyHomeToday(Refusal):
    """Somebody has to look at this."""

    needs_a_person = True


@pytest.fixture
def app(tmp_path: Path) -> Generator[EdgeApplication]:
    with an_application(tmp_path) as one:
        yield one


def _handle(message: func.ServiceBusMessage) -> None:
    app: Any = http.application()
    app.take_note(service_bus.read(message, app.take_note), now=app.clock.now())


handle = service_bus.settles(session=False, queue=PLAIN)(_handle)
handle_in_session = service_bus.settles(session=True, queue=IN_SESSIONS, waits=(0, 0, 0))(_handle)
patient_handle = service_bus.settles(session=True, queue=IN_SESSIONS)(_handle)
handle_unnamed = service_bus.settles(session=True, waits=())(_handle)


@service_bus.settles_each(queue=PLAIN)
def handle_each(messages: typing.List[func.ServiceBusMessage]) -> None:  # noqa: UP006  # what the worker accepts
    for message in messages:
        _handle(message)


def parked(app: EdgeApplication) -> tuple[ParkedShown, ...]:
    return app.list_parked(ParkedQuery()).messages


def deferred(app: EdgeApplication, *, after: timedelta = timedelta(hours=1)) -> list[ReceivedMessage]:
    """Give the copies that are due within a while."""
    app.stopped.pass_by(after)
    return list(app.receiver.receive(PLAIN, limit=10, lock_for=timedelta(minutes=1)))


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.message.startswith("edge.message")]


def given_back(app: EdgeApplication, fault: type[Exception], **message: Any) -> None:
    """Let a message of a session meet one fault until it is given back."""
    app.take_note.raises.extend([fault() for _ in range(4)])
    with pytest.raises(TransientFault):
        handle_in_session(message=a_message(GOOD, session="p1", **message))


class TestSettles:
    @pytest.mark.parametrize("function", [handle, handle_in_session])
    def test_completes_what_was_done(self, app: EdgeApplication, function: Any) -> None:
        function(message=a_message(GOOD | {"of_a_newer_sender": True}))

        assert [note.text.value for note in app.take_note.taken] == ["Call back"]
        assert parked(app) == ()

    @pytest.mark.parametrize("function", [handle, handle_in_session])
    @pytest.mark.parametrize(
        ("raised", "name"),
        [
            (Refusal(), "edge.message.refused"),
            (NotFound(), "edge.message.refused"),
            (AlreadyExists(), "edge.message.repeated"),
            (Gone(), "edge.message.gone"),
            (Stale(), "edge.message.stale"),
        ],
    )
    def test_completes_and_logs_what_repeating_would_not_help(
        self,
        app: EdgeApplication,
        caplog: pytest.LogCaptureFixture,
        function: Any,
        raised: Exception,
        name: str,
    ) -> None:
        caplog.set_level(logging.INFO)
        app.take_note.raises.append(raised)

        function(message=a_message(GOOD))

        assert (told(caplog), parked(app), len(app.take_note.taken)) == ([name], (), 1)

    @pytest.mark.parametrize("function", [handle, handle_in_session])
    @pytest.mark.parametrize(
        ("body", "raised", "reason"),
        [
            (b"{", None, "Nonsense"),
            ({"txt": "x"}, None, "Nonsense"),
            (GOOD, Nonsense(("text", "too short")), "Nonsense"),
            (GOOD, NobodyHomeToday(), "NobodyHomeToday"),
        ],
    )
    def test_parks_what_a_person_should_see(
        self, app: EdgeApplication, function: Any, body: object, raised: Exception | None, reason: str
    ) -> None:
        app.take_note.raises.extend([raised] if raised else [])

        function(message=a_message(body, id="m7", properties={"type": "TakeNote"}))

        (only,) = parked(app)
        assert (only.reason, only.message_id, only.type) == (reason, "m7", "TakeNote")

    def test_parks_once_what_comes_again_before_it_was_completed(self, app: EdgeApplication) -> None:
        handle(message=a_message(b"{"))
        handle(message=a_message(b"{"))

        assert len(parked(app)) == 1

    @pytest.mark.parametrize("function", [handle, handle_in_session])
    def test_raises_a_bug_without_its_text(
        self, app: EdgeApplication, caplog: pytest.LogCaptureFixture, function: Any
    ) -> None:
        caplog.set_level(logging.DEBUG)
        app.take_note.raises.append(KeyError(PLANTED))

        with pytest.raises(Failed, match="KeyError at") as failed:
            function(message=a_message(GOOD))

        assert PLANTED not in str(failed.value)
        assert (failed.value.__cause__, failed.value.__context__) == (None, None)
        assert PLANTED not in everything_in(caplog.records)
        assert parked(app) == ()

    @pytest.mark.parametrize("function", [handle, handle_in_session])
    def test_runs_again_what_lost_a_race(self, app: EdgeApplication, function: Any) -> None:
        app.take_note.raises.extend([LostRace() for _ in range(4)])

        function(message=a_message(GOOD))

        assert (len(app.take_note.taken), deferred(app)) == (5, [])

    def test_redelivers_when_a_stored_document_cannot_be_read(self, app: EdgeApplication) -> None:
        app.documents.commit("note/1", changes=[Create("note~1", {"text": 1})])

        def reading(message: func.ServiceBusMessage) -> None:
            del message
            app.documents.read("note/1", "note~1", NoteAsked)

        with pytest.raises(Failed, match="Unreadable at"):
            service_bus.settles(session=False, queue=PLAIN)(reading)(message=a_message(GOOD))

        assert parked(app) == ()

    def test_waits_for_a_newer_instance_with_a_document_that_only_that_can_read(
        self, app: EdgeApplication, caplog: pytest.LogCaptureFixture
    ) -> None:
        app.documents.commit("note/1", changes=[Create("note~1", {"kind": "spoken", "by": PLANTED})])

        def reading(message: func.ServiceBusMessage) -> None:
            del message
            app.documents.read("note/1", "note~1", NoteOfAKind)

        service_bus.settles(session=False, queue=PLAIN)(reading)(message=a_message(GOOD))
        with pytest.raises(TransientFault):
            service_bus.settles(session=True, queue=IN_SESSIONS, waits=())(reading)(message=a_message(GOOD))

        assert (parked(app), len(deferred(app))) == ((), 1)
        assert PLANTED not in everything_in(caplog.records)
        assert "store.document.ahead" in caplog.messages

    def test_waits_for_a_newer_instance_with_what_only_that_can_handle(self, app: EdgeApplication) -> None:
        def handling(message: func.ServiceBusMessage) -> None:
            service_bus.read(message, TakeNoteOfAKind())

        service_bus.settles(session=False, queue=PLAIN)(handling)(message=a_message({"kind": "spoken"}))
        service_bus.settles(session=False, queue=PLAIN)(handling)(message=a_message({"kind": "written"}))

        assert [one.reason for one in parked(app)] == ["Nonsense"], "a kind that is known, without its text"
        assert [json.loads(one.body) for one in deferred(app)] == [{"kind": "spoken"}]

    def test_finds_the_queue_by_the_messages_type(self, app: EdgeApplication) -> None:
        handle_unnamed(message=a_message(b"{", properties={"type": "AdvanceEnrolment"}))

        assert [one.queue for one in parked(app)] == ["journey-steps"]


class TestDeferring:
    def test_sends_a_copy_for_later_and_completes(self, app: EdgeApplication) -> None:
        app.take_note.raises.append(TransientFault())

        handle(message=a_message(GOOD, id="m1", properties={"type": "TakeNote", "of": "note~1"}))

        assert deferred(app, after=timedelta()) == []
        (copy,) = deferred(app)
        assert json.loads(copy.body) == GOOD
        assert copy.id != "m1"
        assert dict(copy.properties) == {
            "type": "TakeNote",
            "of": "note~1",
            "attempt": "2",
            "copy_of": "m1",
        }

    def test_goes_on_from_copy_to_copy_until_it_succeeds(self, app: EdgeApplication) -> None:
        app.take_note.raises.extend([TransientFault(), Throttled(), LostRace(), *[LostRace()] * 4])
        handle(message=a_message(GOOD))
        attempts = ["1"]

        while copies := deferred(app):
            (copy,) = copies
            attempts.append(copy.properties["attempt"])
            assert copy.properties["copy_of"] == "m1"
            handle(message=as_delivered(copy))
            app.receiver.complete(copies)

        assert attempts == ["1", "2", "3", "4"]
        assert app.take_note.raises == []
        assert parked(app) == ()

    def test_sends_the_same_copy_when_it_is_killed_before_completing(self, app: EdgeApplication) -> None:
        app.take_note.raises.extend([TransientFault(), TransientFault()])

        handle(message=a_message(GOOD))
        handle(message=a_message(GOOD))

        assert len({copy.id for copy in deferred(app)}) == 1

    def test_parks_what_has_been_tried_for_a_day(self, app: EdgeApplication) -> None:
        app.take_note.raises.append(TransientFault())
        tried = {"attempt": str(settling.MOST_ATTEMPTS)}

        handle(message=a_message(GOOD, properties=tried))

        assert [one.reason for one in parked(app)] == ["TransientFault"]
        assert deferred(app) == []

    def test_waits_as_long_as_it_is_asked_to(self, app: EdgeApplication) -> None:
        app.take_note.raises.append(Throttled(retry_after=timedelta(minutes=5)))

        handle(message=a_message(GOOD))

        assert deferred(app, after=timedelta(minutes=4)) == []
        assert len(deferred(app, after=timedelta(minutes=1))) == 1

    def test_waits_for_a_quarter_of_an_hour_though_it_is_asked_to_wait_for_a_week(
        self, app: EdgeApplication
    ) -> None:
        app.take_note.raises.append(Throttled(retry_after=timedelta(days=7)))

        handle(message=a_message(GOOD))

        assert len(deferred(app, after=settling.LONGEST_WAIT)) == 1

    def test_gives_back_when_not_even_the_copy_can_be_sent(
        self, app: EdgeApplication, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app.take_note.raises.append(TransientFault())
        monkeypatch.setattr(type(app.queues), "send", _out_of_reach)

        with pytest.raises(TransientFault):
            handle(message=a_message(GOOD))


class TestBackOff:
    def test_lasts_about_a_day_in_all(self) -> None:
        waits = [settling.back_off(n, "m1") for n in range(1, settling.MOST_ATTEMPTS)]

        assert timedelta(hours=20) < sum(waits, timedelta()) < timedelta(hours=28)
        assert waits[0] < timedelta(seconds=2)
        assert max(waits) <= settling.LONGEST_WAIT * 1.25

    def test_spreads_messages(self) -> None:
        assert len({settling.back_off(5, f"m{n}") for n in range(50)}) > 40

    def test_does_not_overflow(self) -> None:
        assert settling.back_off(10_000, "m1") <= settling.LONGEST_WAIT * 1.25

    def test_does_not_believe_who_asks_for_more_than_the_longest_wait(self) -> None:
        assert settling.back_off(1, "m1", at_least=timedelta(days=7)) == settling.LONGEST_WAIT


class TestWaitingInASession:
    def test_waits_under_the_lock(self, app: EdgeApplication) -> None:
        app.take_note.raises.extend([TransientFault(), NotYetVisible(), TransientFault()])

        handle_in_session(message=a_message(GOOD, session="p1"))

        assert len(app.take_note.taken) == 4

    def test_gives_back_when_it_has_waited_long_enough(self, app: EdgeApplication) -> None:
        app.take_note.raises.extend([TransientFault(PLANTED) for _ in range(4)])

        with pytest.raises(TransientFault) as raised:
            handle_in_session(message=a_message(GOOD, session="p1"))

        assert str(raised.value) == "TransientFault"
        assert (raised.value.__cause__, raised.value.__context__) == (None, None)
        assert parked(app) == ()

    def test_stops_waiting_when_something_else_happens(self, app: EdgeApplication) -> None:
        app.take_note.raises.extend([TransientFault(), Stale()])

        handle_in_session(message=a_message(GOOD, session="p1"))

        assert len(app.take_note.taken) == 2


class TestWaitingInACrowd:
    def test_gives_back_after_the_short_waits_when_enough_sleep_already(
        self, app: EdgeApplication, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slept: list[float] = []
        monkeypatch.setattr(service_bus, "_sleepers", Sleepers(0, slept.append))
        app.take_note.raises.extend([TransientFault() for _ in range(9)])

        with pytest.raises(TransientFault):
            patient_handle(message=a_message(GOOD, session="p1"))

        assert slept == [0.2, 0.5, 1.0, 2.0]
        assert len(app.take_note.taken) == 5

    def test_waits_in_full_when_few_sleep(
        self, app: EdgeApplication, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slept: list[float] = []
        monkeypatch.setattr(service_bus, "_sleepers", Sleepers(1, slept.append))
        app.take_note.raises.extend([TransientFault() for _ in range(9)])

        with pytest.raises(TransientFault):
            patient_handle(message=a_message(GOOD, session="p1"))

        assert slept == list(service_bus.WAITS)

    def test_outlasts_two_hours_even_so(self) -> None:
        short = sum(seconds for seconds in service_bus.WAITS if seconds <= SHORT_WAIT)

        assert timedelta(seconds=short) * MOST_DELIVERIES_IN_A_SESSION > timedelta(hours=2)
        assert timedelta(seconds=sum(service_bus.WAITS)) * MOST_DELIVERIES_IN_A_SESSION > timedelta(hours=8)


class TestSleepers:
    def test_let_a_few_sleep_long_and_the_others_briefly(self) -> None:
        slept: list[tuple[float, bool]] = []

        def beside(seconds: float) -> None:
            """Let two more try while this one sleeps."""
            if seconds == 8:
                slept.extend((wish, sleepers.sleep(wish)) for wish in (4, 2))

        sleepers = Sleepers(1, beside)

        assert sleepers.sleep(8)
        assert slept == [(4, False), (2, True)]

    def test_count_whoever_wakes_no_longer(self) -> None:
        sleepers = Sleepers(1, _nothing)

        assert [sleepers.sleep(8) for _ in range(3)] == [True, True, True]

    def test_are_a_quarter_of_the_threads(self) -> None:
        host = json.loads(Path("host.json").read_text())

        assert host["extensions"]["serviceBus"]["maxConcurrentSessions"] == 4 * MOST_ASLEEP


class TestNotYetVisible:
    def test_is_waited_for_at_first(self, app: EdgeApplication) -> None:
        app.take_note.raises.append(NotYetVisible())

        handle(message=a_message(GOOD))

        assert (parked(app), len(deferred(app))) == ((), 1)

    def test_is_parked_after_ten_minutes(self, app: EdgeApplication) -> None:
        app.take_note.raises.extend([NotYetVisible(), NotYetVisible(), NotYetVisible()])
        handle(message=a_message(GOOD))

        for minutes in (9, 1):
            (copy,) = deferred(app, after=timedelta(minutes=minutes))
            handle(message=as_delivered(copy))
            app.receiver.complete([copy])

        assert [one.reason for one in parked(app)] == ["NotYetVisible"]

    def test_is_not_parked_because_the_message_had_been_scheduled_long_before(
        self, app: EdgeApplication
    ) -> None:
        app.take_note.raises.append(NotYetVisible())
        last_week = app.clock.real() - timedelta(days=7)

        handle(message=a_message(GOOD, enqueued_at=last_week))

        assert parked(app) == ()

    def test_has_ten_minutes_of_its_own_after_other_faults(self, app: EdgeApplication) -> None:
        app.take_note.raises.append(TransientFault())
        handle(message=a_message(GOOD))
        left: list[int] = []

        for minutes, fault in (
            (20, NotYetVisible()),
            (9, NotYetVisible()),
            (9, Throttled()),
            (9, NotYetVisible()),
        ):
            app.take_note.raises.append(fault)
            (copy,) = deferred(app, after=timedelta(minutes=minutes))
            handle(message=as_delivered(copy))
            app.receiver.complete([copy])
            left.append(len(parked(app)))

        assert left == [0, 0, 0, 0]

    def test_is_parked_in_a_session_after_ten_minutes_of_waiting(self, app: EdgeApplication) -> None:
        for minutes in (0, 9):
            app.stopped.pass_by(timedelta(minutes=minutes))
            given_back(app, NotYetVisible, id="waits")
        early = parked(app)

        app.stopped.pass_by(timedelta(minutes=1))
        app.take_note.raises.extend([NotYetVisible() for _ in range(4)])
        handle_in_session(message=a_message(GOOD, id="waits", session="p1"))

        assert early == ()
        assert [one.reason for one in parked(app)] == ["NotYetVisible"]

    @pytest.mark.parametrize("between", [TransientFault, None])
    def test_has_ten_minutes_of_its_own_in_a_session(
        self, app: EdgeApplication, between: type[Exception] | None
    ) -> None:
        name = f"again-{between}"
        given_back(app, NotYetVisible, id=name)
        app.stopped.pass_by(timedelta(minutes=20))
        if between:
            given_back(app, between, id=name)
        else:
            handle_in_session(message=a_message(GOOD, id=name, session="p1"))

        given_back(app, NotYetVisible, id=name, deliveries=1999)

        assert parked(app) == ()


class TestAwaited:
    def test_forgets_who_asked_longest_ago(self) -> None:
        awaited = Awaited(most=2)
        for name in ("a", "b", "a", "c"):
            awaited.since(name, NOON)

        later = NOON + timedelta(minutes=1)

        assert [awaited.since(name, later) for name in ("a", "b")] == [NOON, later]


class TestSettlesEach:
    def test_handles_all_at_once_when_all_are_good(self, app: EdgeApplication) -> None:
        handle_each(messages=[a_message(GOOD, id=f"m{n}") for n in range(3)])

        assert len(app.take_note.taken) == 3

    def test_does_not_let_a_bad_one_spoil_the_others(self, app: EdgeApplication) -> None:
        messages = [a_message(GOOD, id="m0"), a_message(b"{", id="m1"), a_message(GOOD, id="m2")]

        handle_each(messages=messages)

        assert [one.message_id for one in parked(app)] == ["m1"]
        assert len(app.take_note.taken) == 3  # m0 twice, which is harmless; m2 once

    def test_defers_one_and_completes_the_others(self, app: EdgeApplication) -> None:
        app.take_note.raises.extend([TransientFault(), TransientFault()])

        handle_each(messages=[a_message(GOOD, id=f"m{n}") for n in range(3)])

        assert [copy.properties["copy_of"] for copy in deferred(app)] == ["m0"]

    def test_lets_a_bug_wait_and_then_parks_it(
        self, app: EdgeApplication, caplog: pytest.LogCaptureFixture
    ) -> None:
        app.take_note.raises.extend([KeyError(PLANTED), KeyError(PLANTED)])
        handle_each(messages=[a_message(GOOD, id="m0")])
        app.take_note.raises.extend([KeyError(PLANTED), KeyError(PLANTED)])
        handle_each(messages=[a_message(GOOD, id="m1", properties={"attempt": "10"})])

        assert [copy.properties["copy_of"] for copy in deferred(app)] == ["m0"]
        assert [(one.message_id, one.reason) for one in parked(app)] == [("m1", "KeyError")]
        assert PLANTED not in everything_in(caplog.records)

    def test_puts_off_what_there_is_no_time_for_alone(self, app: EdgeApplication) -> None:
        """A slow record: the lock of all would be lost, and all would come again, handled or not."""
        seconds, handled = iter(range(0, 1000, 8)), list[str]()

        def slow(messages: typing.List[func.ServiceBusMessage]) -> None:  # noqa: UP006  # what the worker accepts
            if len(messages) > 1:
                raise TransientFault
            handled.append(messages[0].message_id)

        each = service_bus.settles_each(queue=PLAIN, pace=lambda: next(seconds))(slow)
        each([a_message(GOOD, id=f"m{n}") for n in range(4)])

        assert handled == ["m0", "m1"]
        assert [copy.properties["copy_of"] for copy in deferred(app)] == ["m2", "m3"]

    def test_settles_by_the_outcomes_that_it_is_told(self, app: EdgeApplication) -> None:
        def outcomes(messages: typing.List[func.ServiceBusMessage]) -> list[Exception | None]:  # noqa: UP006  # what the worker accepts
            return [None if message.message_id == "m0" else TransientFault() for message in messages]

        service_bus.settles_each(queue=PLAIN)(outcomes)([a_message(GOOD, id=f"m{n}") for n in range(2)])

        assert [copy.properties["copy_of"] for copy in deferred(app)] == ["m1"]


class TestSilence:
    @pytest.mark.parametrize("function", [handle, handle_in_session])
    @pytest.mark.parametrize(
        "body",
        [
            {"text": PLANTED},
            {PLANTED: PLANTED},
            {"text": {"a": PLANTED}},
            PLANTED.encode(),
            b"[" + PLANTED.encode(),
        ],
    )
    @pytest.mark.parametrize(
        "raised",
        [None, ValueError(PLANTED), Refusal(PLANTED), NobodyHomeToday(PLANTED), TransientFault(PLANTED)],
    )
    def test_emits_nothing_of_a_message(
        self,
        app: EdgeApplication,
        caplog: pytest.LogCaptureFixture,
        function: Any,
        body: object,
        raised: Exception | None,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        app.take_note.raises.extend([raised] * 4 if raised else [])
        emitted = ""

        try:
            function(message=a_message(body))
        except (Failed, TransientFault) as error:
            emitted = f"{error!r} {error.__context__!r} {error.__cause__!r}"

        emitted += everything_in(caplog.records)
        emitted += "".join(f"{copy.properties} {copy.session} {copy.id}" for copy in deferred(app))
        emitted += "".join(str(app.explain_parked(parked_id=one.id)) for one in parked(app))
        assert PLANTED not in emitted


def _nothing(_: float) -> None:
    return None


def _out_of_reach(*_: object) -> None:
    raise TransientFault
