"""Which request or message is this line about? One id in every log line, answer and problem."""

import logging
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from shared.kernel import tracing

HEADER = "X-Correlation-Id"

_current: ContextVar[str] = ContextVar("correlation", default="")
_RANDOM_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def given(headers: Mapping[str, str]) -> str | None:
    """Give the caller's id for its work: W3C trace context, or `X-Correlation-Id` if that is a UUID.

    Any other text is not believed to be an id: it would be logged, and could be a patient's number (D17).
    """
    if trace := tracing.trace_id(headers.get("traceparent", "")):
        return trace
    wanted = headers.get(HEADER, "")
    return wanted.lower() if _RANDOM_ID.fullmatch(wanted) else None


@contextmanager
def bound(correlation: str) -> Generator[None]:
    """Let every log line within be about `correlation`."""
    bind_to_logs()
    token = _current.set(correlation)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> str:
    """Give the id of the work in hand, or an empty text outside of any."""
    return _current.get()


@cache
def bind_to_logs() -> None:
    """Give every log record of this process a `correlation`, whoever logs; done once."""
    make = logging.getLogRecordFactory()

    def with_correlation(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        record.correlation = _current.get()
        return record

    logging.setLogRecordFactory(with_correlation)
