"""Event Grid's web hooks: our address is asked about once, then events come in one of two schemas."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import azure.functions as func

from functions.edge import exchange, http
from functions.edge.exchange import header
from shared.kernel.refusals import Nonsense

VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")


def handshake(req: func.HttpRequest) -> func.HttpResponse | None:
    """Answer a question about ourselves, or give None when the request brings events.

    It is asked in two ways: by a validation event (Event Grid schema), and by OPTIONS (CloudEvents 1.0).
    """
    if req.method == "OPTIONS":
        return _allowed(header(req, "WebHook-Request-Origin") or "")
    first = next(iter(events(req)), cast("Mapping[str, Any]", {}))
    if first.get("eventType") != VALIDATION:
        return None
    data: object = first.get("data")
    code = cast("Mapping[str, object]", data).get("validationCode") if isinstance(data, Mapping) else None
    if not isinstance(code, str):
        raise Nonsense(("data.validationCode", "missing"))
    return http.ok({"validationResponse": code})


def events(req: func.HttpRequest) -> Sequence[Mapping[str, Any]]:
    """Give the events of a request, one or many; what is in them is read where they are taken in."""
    body = exchange.body_of(req)
    listed = cast("Sequence[Any]", body if isinstance(body, list) else [body])
    if not all(isinstance(event, dict) for event in listed):
        raise Nonsense(("body", "must be an event or a list of events"))
    return cast("Sequence[Mapping[str, Any]]", listed)


def _allowed(origin: str) -> func.HttpResponse:
    if not _HOST.fullmatch(origin):
        raise Nonsense(("WebHook-Request-Origin", "must be a host name"))
    return func.HttpResponse(
        status_code=200, headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"}
    )
