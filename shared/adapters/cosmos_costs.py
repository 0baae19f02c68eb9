"""What the store was asked for and what it charged, as boards show it."""

from typing import Any

from azure.core.pipeline import PipelineResponse

from shared.adapters.cosmos_faults import EXISTS, NO_LONGER_SO, NOT_THERE, TOO_MANY
from shared.kernel import tracing

_OPERATION = "x-ms-thinclient-proxy-operation-type"
"""A header in which the SDK says what it is about to ask for."""
_CHARGE = "x-ms-request-charge"
_LOST_RACES = frozenset({EXISTS, NO_LONGER_SO, NOT_THERE})


def tell_cost(response: PipelineResponse[Any, Any]) -> None:
    """Count one answer of the store, whichever it was; each attempt has its own."""
    answer = response.http_response
    operation = str(response.http_request.headers.get(_OPERATION, "other")).lower()
    tracing.count("store.operations", operation=operation)
    charge = float(answer.headers.get(_CHARGE, 0))
    if charge:
        tracing.count("store.request_units", charge, operation=operation)
    if answer.status_code == TOO_MANY:
        tracing.count("store.throttled", operation=operation)


def tell_fault(status: int | None) -> None:
    """Count a commit that did not go through at once, unless somebody else's was there before it."""
    if status not in _LOST_RACES:
        tracing.count("store.faults", status=str(status or "no answer"))
