"""How is a *no* told over HTTP? problem+json (RFC 9457), by architecture §7, never with a value (D17)."""

import logging
import math
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import azure.functions as func
import orjson

from functions.edge import correlation
from functions.edge.faults import place_of
from functions.edge.tokens import NotSignedIn
from shared.kernel import tracing
from shared.kernel.refusals import (
    Conflict,
    LostRace,
    Nonsense,
    NotAllowed,
    NotFound,
    Refusal,
    Stale,
    Throttled,
    TransientFault,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
SOON = timedelta(seconds=2)


class TooLarge(Refusal):
    """The body is larger than this route takes."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.fields = (("body", f"more than {most} bytes"),)


class WrongContentType(Refusal):
    """The body must be JSON, declared as such."""


class StillInProgress(Conflict):
    """The first request with this Idempotency-Key has not been answered yet."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__()
        self.retry_after = retry_after


class KeyUsedForAnother(Refusal):
    """The Idempotency-Key has been used for another request."""


STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (TooLarge, 413),
    (WrongContentType, 415),
    (NotFound, 404),
    (Stale, 412),
    (Conflict, 409),
    (Refusal, 422),
    (Nonsense, 400),
    (Throttled, 429),
    (LostRace, 409),
    (TransientFault, 503),
)
"""First match wins: a child stands before its parent."""


def status_of(error: Exception, *, had_if_match: bool = False) -> int:
    """Give the status of a failure; a race lost by someone who named a version is theirs (412)."""
    if isinstance(error, LostRace) and had_if_match:
        return 412
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def answer_to(error: Exception, *, had_if_match: bool = False) -> func.HttpResponse:
    """Tell the caller what went wrong: the kind of it and the paths of the fields, never what they held."""
    status = status_of(error, had_if_match=had_if_match)
    if status == 500:
        log.error("edge.request.failed", extra={"error": type(error).__name__, "place": place_of(error)})
        tracing.fail(type(error).__name__)
    else:
        log.info("edge.request.refused", extra={"reason": type(error).__name__, "status": status})
    return func.HttpResponse(
        orjson.dumps(_body(error, status)),
        status_code=status,
        headers=_headers(error, status),
        mimetype=MEDIA_TYPE,
    )


def _body(error: Exception, status: int) -> dict[str, Any]:
    title = "Something went wrong on our side." if status == 500 else title_of(type(error))
    told: dict[str, Any] = {
        "type": "about:blank" if status == 500 else type_of(type(error)),
        "title": title,
        "status": status,
        "correlation_id": correlation.current(),
    }
    fields: Sequence[tuple[str, str]] = getattr(error, "fields", ())
    if isinstance(error, Nonsense) or fields:
        told["errors"] = [{"field": field, "problem": problem} for field, problem in fields]
    return told


def _headers(error: Exception, status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": 'Bearer error="invalid_token"' if _had_token(error) else "Bearer"}
    if status in (429, 503) or isinstance(error, StillInProgress):
        wait: timedelta = getattr(error, "retry_after", None) or SOON
        return {"Retry-After": str(max(1, math.ceil(wait.total_seconds())))}
    return {}


def _had_token(error: Exception) -> bool:
    return isinstance(error, NotSignedIn) and error.why not in ("no token", "no proof")


def title_of(refusal: type[Exception]) -> str:
    """Give the first line of the refusal's docstring: a sentence that holds no value."""
    return (refusal.__doc__ or refusal.__name__).strip().splitlines()[0]


def type_of(refusal: type[Exception]) -> str:
    """Give the problem type: `SlotAlreadyTaken` is `/problems/slot-already-taken`."""
    return "/problems/" + re.sub(r"(?<!^)(?=[A-Z])", "-", refusal.__name__).lower()
