"""Reading messages and settling them (D6): what a handler raises decides what becomes of its message."""

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from time import monotonic
from typing import Any, Concatenate, TypeVar, cast

import azure.functions as func

from functions.edge import settling, tracing
from functions.edge.acts import asked_of
from functions.edge.bodies import body_of
from functions.edge.reruns import rerun
from functions.edge.settling import Handled
from functions.edge.sleepers import Sleepers
from shared.adapters import codec
from shared.kernel.refusals import PutOff, TransientFault
from shared.kernel.tracing import Span, together
from shared.wiring.composition import application

log = logging.getLogger(__name__)

T = TypeVar("T")
MessageFunction = Callable[..., None]
ManyFunction = Callable[..., Sequence[Exception | None] | None]

WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds waited under a session's lock, 16 in all: the host renews it, and the session stays in order.

Where many sleep already, the long waits are left out, and the session is given back sooner (`sleepers.py`).
"""

ALONE_FOR = 20.0
"""Seconds for handling each of many alone: nobody renews the lock of a batch, which may be a minute."""

_sleepers = Sleepers()


class SentAhead(TransientFault):
    """It says something that only a newer version knows: an instance of that one can handle it."""


def read(message: func.ServiceBusMessage, act: Callable[Concatenate[T, ...], object]) -> T:
    """Read a message as what `act` is asked with; fields it does not know come from a newer sender.

    So do choices that it does not know: such a message waits for a newer instance (`SentAhead`).
    """
    try:
        return cast("T", codec.from_json(body_of(message), asked_of(type(act))))
    except codec.UnknownChoice:
        raise SentAhead from None


def bodies(messages: Sequence[func.ServiceBusMessage]) -> Sequence[Any]:
    """Give what each message holds, for those whose shape others decide; None for what is not JSON."""
    return [_json_of(message) for message in messages]


def _json_of(message: func.ServiceBusMessage) -> Any:
    import orjson  # noqa: PLC0415  # only batches from outside need it

    try:
        return orjson.loads(body_of(message))
    except orjson.JSONDecodeError:
        return None


def settles(
    *, session: bool, queue: str | None = None, waits: Sequence[float] = WAITS
) -> Callable[[MessageFunction], MessageFunction]:
    """Settle each message by what its handling raises, so that only bugs ever reach the host.

    `queue` is the name in `wiring/queues.py`; without it, the one that carries the message's type is taken.
    """

    def decorate(function: MessageFunction) -> MessageFunction:
        @wraps(function)
        def settled(*args: Any, **kwargs: Any) -> None:
            (message,) = (*args, *kwargs.values())
            application()
            handled = Handled(message, queue, session=session)
            with tracing.of_message(handled, function.__name__):
                _settle(lambda: function(*args, **kwargs), handled, waits)

        vars(settled).update(queue=queue, session=session)  # read by tests
        return settled

    return decorate


def settles_each(
    *, queue: str, pace: Callable[[], float] = monotonic
) -> Callable[[ManyFunction], MessageFunction]:
    """Settle many messages of a plain queue, each by itself, so that a bad one never spoils the others.

    The function handles them all at once. It may return one outcome per message (None, or what it would have
    raised); if it raises, each is handled again alone as long as there is time, which is harmless as any
    repetition is (D5). `pace` gives the seconds of a clock that nobody moves.
    """

    def decorate(function: ManyFunction) -> MessageFunction:
        @wraps(function)
        def settled(*args: Any, **kwargs: Any) -> None:
            (messages,) = (*args, *kwargs.values())
            application()
            handled = [Handled(message, queue, session=False) for message in messages]
            with tracing.of_messages(handled, function.__name__) as spans:
                outcomes = _outcomes(function, messages, spans, pace)
                for each, span, outcome in zip(handled, spans, outcomes, strict=True):
                    if outcome is not None:
                        with tracing.about(span):
                            settling.settle(each, outcome, application(), bugs_wait_too=True)

        vars(settled).update(queue=queue, session=False)  # read by tests
        return settled

    return decorate


def _settle(handle: Callable[[], None], handled: Handled, waits: Sequence[float]) -> None:
    error = _outcome(handle)
    for seconds in waits if handled.session else ():
        if not isinstance(error, TransientFault):
            break
        if not _sleepers.sleep(seconds):
            break
        error = _outcome(handle)
    settling.no_longer_awaited(handled, error)
    if error is not None:
        settling.settle(handled, error, application())


def _outcome(handle: Callable[[], Any]) -> Exception | None:
    """Handle, and give what went wrong, if anything did."""
    try:
        rerun(handle)
    except Exception as error:  # noqa: BLE001  # its kind decides what becomes of the message
        return error
    return None


def _outcomes(
    function: ManyFunction,
    messages: Sequence[func.ServiceBusMessage],
    spans: Sequence[Span],
    pace: Callable[[], float],
) -> Sequence[Exception | None]:
    try:
        with together(spans):
            told = rerun(lambda: function(messages))
    except Exception:  # noqa: BLE001  # one of them is bad: each shall show for itself
        ends = pace() + ALONE_FOR
        return [
            _alone(function, message, span) if pace() < ends else PutOff()
            for message, span in zip(messages, spans, strict=True)
        ]
    return told if told is not None else [None] * len(messages)


def _alone(function: ManyFunction, message: func.ServiceBusMessage, span: Span) -> Exception | None:
    try:
        with tracing.about(span), together([span]):
            told = rerun(lambda: function([message]))
    except Exception as error:  # noqa: BLE001  # as `_outcome`
        return error
    return told[0] if told else None
