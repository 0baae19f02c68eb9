"""What an answer of Cosmos DB means to us; its own words may quote a value and go no further (D17)."""

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

from azure.core.exceptions import AzureError, ServiceRequestError
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

from shared.kernel.refusals import TransientFault

log = logging.getLogger(__name__)

NOT_THERE = 404
EXISTS = 409
NO_LONGER_SO = 412
TOO_LARGE = 413
TOO_MANY = 429
TRY_AGAIN = 449
_BUGS = frozenset({400, TOO_LARGE})
_NEVER_SENT = frozenset({401, 403, TOO_MANY, TRY_AGAIN})
"""Answers that come before anything is written."""
_HINT = "x-ms-retry-after-ms"
_BEHIND = 1002
"""Substatus of a replica that has not yet seen what our session has."""


class StoreMisused(Exception):
    """Cosmos DB does not understand what it was asked, and never will: a bug of ours."""


def status_of(error: AzureError) -> int | None:
    """Give the HTTP status that the service answered, or None where it did not answer."""
    if isinstance(error, CosmosHttpResponseError | CosmosBatchOperationError):
        return error.status_code
    return None


def failed_operation(error: AzureError) -> int | None:
    """Give the place in the batch of the operation that made it fail."""
    if isinstance(error, CosmosBatchOperationError):
        return cast("int | None", error.error_index)  # pyright: ignore[reportUnknownMemberType]  # the SDK leaves it untyped
    return None


def headers_of(error: AzureError) -> Mapping[str, Any]:
    headers = getattr(error, "headers", None)
    return cast("Mapping[str, Any]", headers) if isinstance(headers, Mapping) else {}


def may_have_been_done(error: AzureError) -> bool:
    """Say whether what was asked may have been written although we were not told so."""
    if isinstance(error, ServiceRequestError):
        return False
    status = status_of(error)
    return status is None or (status >= 408 and status not in _NEVER_SENT | _BUGS)


def is_absent(error: AzureError) -> bool:
    """Say whether there is no such item; a container that is not there is another matter."""
    return status_of(error) == NOT_THERE and not _sub_status(error)


def is_behind(error: AzureError) -> bool:
    """Say whether the replica that answered has not seen yet what we have."""
    return status_of(error) == NOT_THERE and _sub_status(error) == _BEHIND


def fault(error: AzureError) -> Exception:
    """Give what to raise for an answer that is neither understood nor mended further down."""
    status = status_of(error)
    activity = headers_of(error).get("x-ms-activity-id")
    log.warning(
        "store.cosmos.fault", extra={"status": status, "error": type(error).__name__, "activity": activity}
    )
    if status in _BUGS:
        return StoreMisused(f"the store answered {status}")
    if status is None:
        return TransientFault(f"the store did not answer ({type(error).__name__})")
    return TransientFault(f"the store answered {status}", retry_after=_hint(error))


@contextmanager
def faults() -> Generator[None]:
    """Turn what the SDK raises inside of the block into our own words."""
    try:
        yield
    except AzureError as error:
        raise fault(error) from None  # what the service said may hold a value


def _sub_status(error: AzureError) -> int:
    return cast("int | None", getattr(error, "sub_status", None)) or 0


def _hint(error: AzureError) -> timedelta | None:
    """Give how long the service asks us to wait."""
    hint = headers_of(error).get(_HINT)
    return timedelta(milliseconds=float(hint)) if hint is not None else None
