"""Where a piece of work comes in, its span begins: it goes on from whoever asked, or it is the beginning."""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

import azure.functions as func

from functions.edge import correlation
from functions.edge.settling import Handled, first_id
from shared.kernel import tracing
from shared.kernel.identity import derived
from shared.kernel.tracing import Origin, Span

IDLE_AFTER = 10.0
"""Seconds after which nobody can have been waiting for the process to start."""

_imported_at = [time.perf_counter()]
"""Taken out by the first that is answered."""


@contextmanager
def of_request(headers: Mapping[str, str], function: str) -> Generator[Span]:
    """Go on from the caller's trace, or begin one; log lines are about the caller's id or the trace's."""
    given = correlation.given(headers)
    context = tracing.understood(headers.get("traceparent", ""))
    origin = Origin(context, "" if context else _trace_named(given))
    with (
        _perhaps_the_first(),
        tracing.span("edge.request", "request", origin, function=function) as span,
        correlation.bound(given or tracing.trace_id()),
    ):
        yield span


@contextmanager
def of_message(handled: Handled, function: str) -> Generator[Span]:
    """Go on from what the message came of; without that it is a beginning, the same for all its copies."""
    with _perhaps_the_first(), _begun(handled, function, 1) as span, tracing.within(span), _logged():
        yield span


@contextmanager
def of_messages(all_of_them: Sequence[Handled], function: str) -> Generator[Sequence[Span]]:
    """Give each of those that are handled together a span of its own: see `tracing.about`."""
    with _perhaps_the_first(), ExitStack() as begun:
        yield [begun.enter_context(_begun(each, function, len(all_of_them))) for each in all_of_them]


@contextmanager
def about(span: Span) -> Generator[None]:
    """Go on with one of them: it, and what is logged, is about its own trace."""
    with tracing.within(span), _logged():
        yield


@contextmanager
def of_run(function: str) -> Generator[Span]:
    """Begin what nobody asked for: a tick, or a batch of the change feed."""
    with _perhaps_the_first(), tracing.span("edge.run", "run", function=function) as span, _logged():
        yield span


@contextmanager
def _begun(handled: Handled, function: str, together: int) -> Generator[Span]:
    span = tracing.begin(
        "edge.message",
        "message",
        _origin_of(handled),
        function=function,
        queue=handled.queue or "",
        message_id=str(handled.message.message_id),
        together=together,
        outcome="completed",
    )
    try:
        yield span
    except BaseException as error:
        span.fail(type(error).__name__)
        raise
    finally:
        span.end()


def _trace_named(given: str | None) -> str:
    """Give the trace of a caller who says which work it is, but not in W3C's words."""
    digits = (given or "").replace("-", "")
    return digits if digits.strip("0") else ""


def _origin_of(handled: Handled) -> Origin:
    carried = handled.properties
    told = tracing.understood(carried.get("traceparent") or carried.get("Diagnostic-Id", ""))
    return Origin(told, "" if told else trace_of(handled.message))


def trace_of(message: func.ServiceBusMessage) -> str:
    """Give the trace of a message that came of nothing of ours: one for all deliveries and copies of it."""
    return derived(first_id(message))[:32]


def _logged() -> AbstractContextManager[None]:
    return correlation.bound(tracing.trace_id())


@contextmanager
def _perhaps_the_first() -> Generator[None]:
    """Measure how long the process's first answer took, from its import on if anybody was waiting then."""
    began = time.perf_counter()
    try:
        yield
    finally:
        with suppress(IndexError):  # another was the first
            _tell_of_the_first(began, _imported_at.pop())


def _tell_of_the_first(began: float, imported: float) -> None:
    idle = began - imported > IDLE_AFTER
    took = time.perf_counter() - (began if idle else imported)
    tracing.measure("process.first_answer_seconds", took, idle=idle)
