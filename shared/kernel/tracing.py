"""Which piece of work is this a part of? W3C trace context as text, and where it is told what happens.

Nothing is told anywhere until somebody records (`record_by`). The context flows all the same, so that every
log line, message and copy of a message belongs to the request or event that it came from.
"""

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, Protocol

from shared.kernel.identity import RandomIds

Value = str | int | float | bool
"""What may be said of a span or a measurement: our own ids, words of ours and counts, nothing of a person."""
Kind = Literal["request", "message", "run", "call"]
"""What a span is about: somebody asks us, a message is handled, a run of our own, we ask somebody."""

_CONTEXT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_IDS = RandomIds()


class Span(Protocol):
    """A part of a piece of work that has begun and will end."""

    @property
    def context(self) -> str:
        """Give it as W3C `traceparent`, for what comes of it to go on from."""
        ...

    def note(self, **what: Value) -> None:
        """Say something of it, before it ends."""
        ...

    def fail(self, why: str) -> None:
        """Say that it went wrong, in a word of ours."""
        ...

    def end(self) -> None:
        """Say that it is over."""
        ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a span comes from: the context that it `continues`, or else the id of the trace it begins."""

    continues: str = ""
    trace_id: str = ""


class Recorder(Protocol):
    """Takes what is told: never raises, never keeps anybody waiting."""

    def begin(self, name: str, kind: Kind, origin: Origin, what: Mapping[str, Value]) -> Span:
        """Begin a span where `origin` says, else below the current one, else a trace of its own."""
        ...

    def measure(self, name: str, value: float, labels: Mapping[str, Value]) -> None:
        """Take a measurement of the catalogue."""
        ...


@dataclass(frozen=True, slots=True)
class _Untold:
    """A span of which nobody hears: its context alone."""

    context: str

    def note(self, **what: Value) -> None:
        """Nobody hears."""

    def fail(self, why: str) -> None:
        """Nobody hears."""

    def end(self) -> None:
        """Nobody hears."""


class _Nobody(Recorder):
    """Lets the context flow and tells nothing."""

    def begin(self, name: str, kind: Kind, origin: Origin, what: Mapping[str, Value]) -> Span:
        del name, kind, what
        if origin.continues:
            return _Untold(origin.continues)
        if not origin.trace_id and (current := _current.get()) is not None:
            return current
        return _Untold(f"00-{origin.trace_id or _IDS.new()}-{_IDS.new()[:16]}-01")

    def measure(self, name: str, value: float, labels: Mapping[str, Value]) -> None:
        """Nobody hears."""


_NOBODY = _Nobody()
_recorders: list[Recorder] = []
_current: ContextVar[Span | None] = ContextVar("span", default=None)
_each: ContextVar[Sequence[Span]] = ContextVar("spans", default=())


def record_by(recorder: Recorder | None) -> None:
    """Tell everything from now on to `recorder`; with None, nobody."""
    _recorders[:] = [] if recorder is None else [recorder]


def _recorder() -> Recorder:
    return _recorders[0] if _recorders else _NOBODY


# -- the context


def understood(text: str) -> str:
    """Give a context as it was told, or an empty text for what cannot be one."""
    return text if _CONTEXT.fullmatch(text) else ""


def current() -> str:
    """Give the context of the work in hand, or an empty text outside of any."""
    span = _current.get()
    return span.context if span is not None else ""


def trace_id(context: str | None = None) -> str:
    """Give the id of the trace that a context, or the work in hand, belongs to; an empty text for none."""
    found = _CONTEXT.fullmatch(current() if context is None else context)
    return found[1] if found else ""


def carried(context: str | None = None) -> dict[str, str]:
    """Give the properties by which a message carries a context, or that of the work in hand, along.

    `traceparent` is what we read; `Diagnostic-Id` is where the Functions host looks for it.
    """
    told = current() if context is None else context
    return {"traceparent": told, "Diagnostic-Id": told} if told else {}


# -- spans


def begin(name: str, kind: Kind, origin: Origin = Origin(), /, **what: Value) -> Span:
    """Begin a span that the caller ends."""
    return _recorder().begin(name, kind, origin, what)


@contextmanager
def within(span: Span) -> Generator[Span]:
    """Let what is done inside be a part of `span`, which goes on."""
    token = _current.set(span)
    try:
        yield span
    finally:
        _current.reset(token)


@contextmanager
def span(name: str, kind: Kind, origin: Origin = Origin(), /, **what: Value) -> Generator[Span]:
    """Let what is done inside be a span of its own; what is raised out of it has failed."""
    one = begin(name, kind, origin, **what)
    try:
        with within(one):
            yield one
    except BaseException as error:
        one.fail(type(error).__name__)
        raise
    finally:
        one.end()


@contextmanager
def together(spans: Sequence[Span]) -> Generator[None]:
    """Let the things that are handled together inside each have a span: see `about`."""
    token = _each.set(spans)
    try:
        yield
    finally:
        _each.reset(token)


@contextmanager
def about(number: int) -> Generator[None]:
    """Let what is done inside be a part of the span of the thing with this number, if they have any."""
    spans = _each.get()
    if number >= len(spans):
        yield
        return
    with within(spans[number]):
        yield


def note(**what: Value) -> None:
    """Say something of the work in hand."""
    span = _current.get()
    if span is not None:
        span.note(**what)


def fail(why: str) -> None:
    """Say that the work in hand went wrong, in a word of ours."""
    span = _current.get()
    if span is not None:
        span.fail(why)


# -- measurements


def count(name: str, number: float = 1, /, **labels: Value) -> None:
    """Add to a counter of the catalogue."""
    _recorder().measure(name, number, labels)


def measure(name: str, value: float, /, **labels: Value) -> None:
    """Take a measurement for a histogram or a gauge of the catalogue."""
    _recorder().measure(name, value, labels)
