"""What a host does between requests: the relay and the queues' functions, here one after another."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import azure.functions as func
import orjson
from azure.functions.timer import TimerRequest

from local.app_index import QueueFunction
from local.invocation import argument_for
from shared.kernel.queues import OutgoingMessage, ReceivedMessage
from shared.wiring.composition import Application
from tests.support.product_routes import index

LOCKED_FOR = timedelta(minutes=5)
MOST_TURNS = 500
"""More than any story here takes; a house that still works then is going in circles."""


def run_to_rest(app: Application, *, but: str | None = None) -> list[Exception]:
    """Do all that is due, in every queue but one if told, until nothing is; give what functions raised."""
    raised: list[Exception] = []
    queues = [one for one in index().queues if one.queue != but]
    for _ in range(MOST_TURNS):
        busy = [bring_events(app), _relay(app), *(_drain(app, one, raised) for one in queues)]
        if not any(busy):
            return raised
    msg = "the house does not come to rest"
    raise AssertionError(msg)


def turn(app: Application, raised: list[Exception], *, queues: Collection[str]) -> bool:
    """Relay, and do what is due in some queues, a batch or a session of each; say whether it was any."""
    some = [one for one in index().queues if one.queue in queues]
    return any([_relay(app), *(_drain(app, one, raised) for one in some)])


def bring_events(app: Application) -> bool:
    """Do what Event Grid does: bring the record's change events to their queue."""
    told = app.embedded_record.events(0, 200)
    messages = [OutgoingMessage(str(event["id"]), orjson.dumps(event)) for _, event in told]
    app.queues.send("fhir-changes", messages)
    app.embedded_record.forget_events(told[-1][0] if told else 0)
    return bool(told)


def tick(name: str) -> None:
    """Let one timer tick."""
    (timer,) = (one.function for one in index().timers if one.function.name == name)
    timer.call(**{timer.parameter: TimerRequest(past_due=False)})


def _relay(app: Application) -> bool:
    (feed,) = index().feeds
    changes, mark = app.change_feed.read(feed.function.name, limit=feed.most_items)
    if changes:
        documents = func.DocumentList([func.Document(dict(change)) for change in changes])
        feed.function.call(**{feed.function.parameter: documents})
        app.change_feed.advance(feed.function.name, mark)
    return bool(changes)


def _drain(app: Application, queue: QueueFunction, raised: list[Exception]) -> bool:
    """Handle what is due in a queue, or in one of its sessions, which is let go after a failure."""
    if queue.in_sessions:
        return _drain_session(app, queue, raised)
    messages = app.receiver.receive(queue.queue, limit=32, lock_for=LOCKED_FOR)
    for batch in [messages] if queue.many and messages else [[message] for message in messages]:
        _is_handled(app, queue, batch, raised)
    return bool(messages)


def _drain_session(app: Application, queue: QueueFunction, raised: list[Exception]) -> bool:
    lease = app.receiver.accept_session(queue.queue, lock_for=LOCKED_FOR)
    if lease is None:
        return False
    messages = app.receiver.receive_in_session(lease, limit=32)
    all(_is_handled(app, queue, [message], raised) for message in messages)
    app.receiver.release_session(lease)
    return True


def _is_handled(
    app: Application, queue: QueueFunction, batch: Sequence[ReceivedMessage], raised: list[Exception]
) -> bool:
    """Call the function and settle as a host does: complete, or give back."""
    try:
        queue.function.call(**{queue.function.parameter: argument_for(batch, many=queue.many)})
    except Exception as error:  # noqa: BLE001  # whatever a function raises, its messages come again
        raised.append(error)
        for message in batch:
            app.receiver.abandon(message)
        return False
    app.receiver.complete(batch)
    return True
