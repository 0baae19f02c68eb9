"""Was this asked for by one of our own pages, or by a program? Pages of other origins may not (CSRF)."""

import hmac
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shared.kernel.refusals import Nonsense, NotAllowed


class NotFromHere(NotAllowed):
    """Another origin's page asked for this, or a form that is out of date: load the page again."""


async def form_of(request: Request, form_token: str) -> FormData:
    """Read a form of ours. Raises `NotFromHere` unless origin and form token are ours."""
    of_same_origin(request)
    form = await request.form()
    if not hmac.compare_digest(str(form.get("token", "")).encode(), form_token.encode()):
        raise NotFromHere
    return form


async def json_of(request: Request) -> dict[str, Any]:
    """Read what a program sends. Raises `NotFromHere`, or `Nonsense` when it is no JSON object."""
    of_same_origin(request)
    try:
        said = orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError:  # also for what is nested too deeply
        raise Nonsense(("body", "is not JSON")) from None
    if not isinstance(said, dict):
        raise Nonsense(("body", "is not an object"))
    return said  # pyright: ignore[reportUnknownVariableType]  # JSON


def of_same_origin(request: Request) -> None:
    """Raise `NotFromHere` when a browser says that another origin's page is asking; programs say nothing."""
    said = request.headers.get("origin") or request.headers.get("referer")
    if said is not None and urlsplit(said).netloc != request.headers.get("host"):
        raise NotFromHere
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise NotFromHere


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def refused(_: Request, refusal: Exception) -> Response:
    """Answer for what a page or program of ours was refused."""
    status = 403 if isinstance(refusal, NotAllowed) else 400
    title = (type(refusal).__doc__ or "").strip().splitlines()[0]
    detail = (
        "; ".join(f"{path} {problem}" for path, problem in refusal.fields)
        if isinstance(refusal, Nonsense)
        else ""
    )
    body = {"type": "about:blank", "title": title, "status": status, **({"detail": detail} if detail else {})}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")
