"""What Azure Blob Storage's failures mean to us: what passes by itself is a transient fault."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shared.kernel.refusals import LostRace, Throttled, TransientFault

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_TOO_MUCH = frozenset({429, 503})


@contextmanager
def understood() -> Generator[None]:
    """Say *transient* for what passes by itself; what is left is a bug or a wrong setting."""
    from azure.core.exceptions import (  # noqa: PLC0415  # loaded with the container's client
        HttpResponseError,
        IncompleteReadError,
        ServiceRequestError,
        ServiceResponseError,
    )

    try:
        yield
    except (ServiceRequestError, ServiceResponseError, IncompleteReadError) as fault:
        raise TransientFault(type(fault).__name__) from None
    except HttpResponseError as fault:
        passing = _passing(fault)
        if passing is None:
            raise
        raise passing from None


def _passing(fault: "HttpResponseError") -> TransientFault | None:
    if getattr(fault, "error_code", None) == "BlobNotFound":
        return LostRace("swept away under a slow reader, who begins anew with the latest list")
    if fault.status_code not in _PASSING:
        return None
    if fault.status_code in _TOO_MUCH:
        return Throttled("blob storage", retry_after=_retry_after(fault))
    return TransientFault(f"blob storage answers {fault.status_code}")


def _retry_after(fault: "HttpResponseError") -> timedelta | None:
    answer: Any = fault.response  # the library's type of it knows no headers
    told = str(answer.headers.get("Retry-After", "")) if answer else ""
    return timedelta(seconds=int(told)) if told.isascii() and told.isdigit() else None
