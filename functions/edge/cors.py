"""Which other origins' pages may call? Those that the settings name, and no other (Fetch: CORS protocol)."""

from collections.abc import Sequence

ALLOWED_METHODS = "GET, POST, PUT, PATCH, DELETE"
ALLOWED_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Correlation-Id, traceparent, "
    "X-Ms-Bot-Agent, X-Reason, X-Requested-With, On-Behalf-Of"
)
SHOWN_HEADERS = "ETag, Location, Retry-After, X-Correlation-Id, Idempotency-Replayed"


def answering(origin: str | None, allowed: Sequence[str]) -> dict[str, str]:
    """Give the headers that let a named origin's page read the answer; no cookies are ever involved."""
    if not origin or origin not in allowed:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": SHOWN_HEADERS,
        "Vary": "Origin",
    }


def preflight(origin: str | None, allowed: Sequence[str]) -> dict[str, str]:
    """Give the headers by which a named origin's page learns what it may send."""
    if not origin or origin not in allowed:
        return {}
    return {
        "Access-Control-Allow-Methods": ALLOWED_METHODS,
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": "600",
    }
