"""The request in hand: who asks, and what has been found out about it on the way in."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

import azure.functions as func

from shared.kernel.refusals import Nonsense


@dataclass(slots=True)
class Exchange:
    """One request.

    `caller` is room access's Caller once a door has opened that asks for one, `knocked` whoever came to it.

    `reads` is the patient whose data the answer holds, where the path does not say it, `reads_many` what it
    names several patients of.

    `tied_to` is the patient to whom the door asked for a tie, `on_ground` the ground on which staff were let
    in, `why` what the audit keeps of it.

    `fresh` says that its answer is for this once: no key makes it the same as another's.
    """

    request: func.HttpRequest
    caller: Any = None
    knocked: Any = None
    made_id: str | None = None
    reads: Any = None
    reads_many: str | None = None
    tied_to: Any = None
    on_ground: str | None = None
    why: str | None = None
    fresh: bool = False


_current: ContextVar[Exchange] = ContextVar("exchange")


@contextmanager
def opened(request: func.HttpRequest, *, fresh: bool = False) -> Generator[Exchange]:
    """Let `request` be the one in hand."""
    exchange = Exchange(request, fresh=fresh)
    token = _current.set(exchange)
    try:
        yield exchange
    finally:
        _current.reset(token)


def of(request: func.HttpRequest) -> Exchange:
    """Give what is known of `request`; asking outside `answers_to`, or about another one, is a bug."""
    exchange = _current.get()
    if exchange.request is not request:
        msg = "this request is not the one in hand"
        raise LookupError(msg)
    return exchange


def header(request: func.HttpRequest, name: str) -> str | None:
    """Give what a header says, whatever the case of its name."""
    return cast("Mapping[str, str]", request.headers).get(name)


def body_of(request: func.HttpRequest) -> Any:
    """Read any JSON, for bodies whose shape others decide; nothing in it is believed yet."""
    import orjson  # noqa: PLC0415  # only few need it

    try:
        return orjson.loads(request.get_body())
    except orjson.JSONDecodeError:
        raise Nonsense(("body", "json invalid")) from None
