"""A message whose content waits in the store is handled, put off, parked, replayed as any other (D6)."""

import typing
from collections.abc import Generator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions.edge import http, service_bus
from shared.access.model import Caller
from shared.kernel.documents import Create, deleting
from shared.kernel.queues import ReceivedMessage
from shared.kernel.refusals import TransientFault
from shared.operations.model import CarryOutDecision, Decision, ParkedQuery
from shared.operations.shown import ParkedShown
from shared.wiring.claims import ENDS, KEPT_FOR, PLACE, Claimed
from tests.support.edge_app import PLANTED, EdgeApplication, a_message, an_application, as_delivered
from tests.support.issuer import NOON

PLAIN, IN_SESSIONS = "deliveries", "journey-steps"
PARTITION, NAME = "patient/ada", "claim~0c1d"
CLAIM = {PLACE: f"{PARTITION}/{NAME}", ENDS: (NOON + KEPT_FOR).isoformat(), "type": "TakeNote"}
OPERATOR = Caller("op", "https://login.example")


@pytest.fixture
def app(tmp_path: Path) -> Generator[EdgeApplication]:
    with an_application(tmp_path) as one:
        yield one


def _handle(message: func.ServiceBusMessage) -> None:
    app: Any = http.application()
    app.take_note(service_bus.read(message, app.take_note), now=app.clock.now())


handle = service_bus.settles(session=False, queue=PLAIN)(_handle)
handle_in_session = service_bus.settles(session=True, queue=IN_SESSIONS, waits=(0,))(_handle)


@service_bus.settles_each(queue=PLAIN)
def handle_each(messages: typing.List[func.ServiceBusMessage]) -> None:  # noqa: UP006  # what the worker accepts
    for message in messages:
        _handle(message)


def handle_one_of_two(message: func.ServiceBusMessage) -> None:
    """Handle it in a batch, behind another that holds its content itself."""
    handle_each(messages=[a_message({"text": "Small"}, id="small"), message])


HANDLING = [handle, handle_in_session, handle_one_of_two]


def keep(app: EdgeApplication, text: str = "Call back") -> None:
    """Let the content be there."""
    claimed = Create(NAME, Claimed({"text": text}), expires_at=NOON + KEPT_FOR)
    app.documents.commit(PARTITION, changes=[claimed])


def notes(app: EdgeApplication) -> list[str]:
    return [note.text.value for note in app.take_note.taken if note.text.value != "Small"]


def parked(app: EdgeApplication) -> tuple[ParkedShown, ...]:
    return app.list_parked(ParkedQuery()).messages


def waiting(app: EdgeApplication, *, after: timedelta = timedelta(minutes=16)) -> Sequence[ReceivedMessage]:
    app.stopped.pass_by(after)
    return app.receiver.receive(PLAIN, limit=10, lock_for=timedelta(minutes=1))


class TestAClaim:
    @pytest.mark.parametrize("function", HANDLING)
    def test_is_read_before_the_handler_sees_the_message(self, app: EdgeApplication, function: Any) -> None:
        keep(app)

        function(message=a_message({}, properties=CLAIM))

        assert (notes(app), parked(app)) == (["Call back"], ())

    def test_is_read_again_at_every_delivery(self, app: EdgeApplication) -> None:
        keep(app)

        handle(message=a_message({}, properties=CLAIM))
        handle(message=a_message({}, properties=CLAIM))

        assert notes(app) == ["Call back", "Call back"]

    def test_is_read_in_a_batch_whose_shape_others_decide(self, app: EdgeApplication) -> None:
        keep(app)

        held = service_bus.bodies([a_message({}, properties=CLAIM), a_message({"a": 1}), a_message(b"{")])

        assert held == [{"text": "Call back"}, {"a": 1}, None]

    @pytest.mark.parametrize("function", HANDLING)
    def test_that_has_not_come_here_yet_is_waited_for(self, app: EdgeApplication, function: Any) -> None:
        function = function if function is not handle_in_session else given_back
        function(message=a_message({}, properties=CLAIM))
        before = notes(app)
        keep(app)

        for copy in waiting(app):
            handle(message=as_delivered(copy))

        assert (before, parked(app)) == ([], ())
        assert notes(app) == ([] if function is given_back else ["Call back"])

    def test_that_never_comes_is_parked_after_ten_minutes(self, app: EdgeApplication) -> None:
        handle(message=a_message({}, properties=CLAIM))
        (copy,) = waiting(app)

        handle(message=as_delivered(copy))

        assert [message.reason for message in parked(app)] == ["NotYetVisible"]

    @pytest.mark.parametrize("function", HANDLING)
    def test_that_has_run_out_is_parked_with_this_reason(self, app: EdgeApplication, function: Any) -> None:
        keep(app)
        app.stopped.pass_by(KEPT_FOR)

        function(message=a_message({}, properties=CLAIM))

        assert (notes(app), [message.reason for message in parked(app)]) == ([], ["ClaimIsGone"])

    @pytest.mark.parametrize("function", HANDLING)
    def test_that_was_deleted_is_parked_with_this_reason(self, app: EdgeApplication, function: Any) -> None:
        keep(app)
        there = app.documents.read(PARTITION, NAME, Claimed)
        app.documents.commit(PARTITION, changes=[deleting(there)])

        function(message=a_message({}, properties=CLAIM))

        assert [message.reason for message in parked(app)] == ["ClaimIsGone"]

    def test_whose_content_makes_no_sense_is_parked_without_it(self, app: EdgeApplication) -> None:
        app.documents.commit(
            PARTITION, changes=[Create(NAME, Claimed({"txt": PLANTED}), expires_at=NOON + KEPT_FOR)]
        )

        handle(message=a_message({}, properties=CLAIM))

        (message,) = parked(app)
        explained = app.explain_parked(parked_id=message.id)
        assert (message.reason, message.problems) == ("Nonsense", (("text", "missing"),))
        assert (explained.body, explained.properties[PLACE]) == ({}, CLAIM[PLACE])

    def test_is_carried_by_copies_and_not_its_content(self, app: EdgeApplication) -> None:
        keep(app)
        app.take_note.raises.append(TransientFault())
        handle(message=a_message({}, properties=CLAIM))

        (copy,) = waiting(app)
        handle(message=as_delivered(copy))

        assert (copy.body, copy.properties[PLACE], copy.properties[ENDS]) == (
            b"{}",
            CLAIM[PLACE],
            CLAIM[ENDS],
        )
        assert notes(app) == ["Call back", "Call back"]

    def test_is_carried_by_what_an_operator_sends_again(self, app: EdgeApplication) -> None:
        handle(message=a_message({}, properties=CLAIM))
        (copy,) = waiting(app)
        handle(message=as_delivered(copy))
        (message,) = parked(app)
        keep(app)

        app.replay_parked(Decision("It is there now"), parked_id=message.id, caller=OPERATOR, now=NOON)
        app.settle_parked(CarryOutDecision(message.id), now=NOON)
        (again,) = (one for one in waiting(app) if one.id != copy.id)
        handle(message=as_delivered(again))

        assert (notes(app), again.body) == (["Call back"], b"{}")


def given_back(message: func.ServiceBusMessage) -> None:
    """Let a session's message go back to its queue."""
    with pytest.raises(TransientFault):
        handle_in_session(message=message)
