"""Everything that answers at the host's address: the app's routes, the record, and the pages."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.http_server import problem, refusal
from local.pages.forms import refused
from shared.kernel.refusals import Nonsense, NotAllowed, NotFound

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def web(
    app_routes: Sequence[BaseRoute], page_routes: Sequence[Route], record: ASGIApp, lifespan: Lifespan
) -> Starlette:
    """Put the addresses together. Only this machine's own names for itself are answered (DNS rebinding)."""
    return Starlette(
        routes=[Route("/", _home), *page_routes, Mount("/fhir", app=record), *app_routes],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"]),
            Middleware(RecordAtItsBase),
        ],
        exception_handlers={
            HTTPException: refusal,
            NotAllowed: refused,
            Nonsense: refused,
            NotFound: _not_found,
        },
        lifespan=lifespan,
    )


class RecordAtItsBase:
    """Lets the record answer at `/fhir` as at `/fhir/`: bundles are posted to the base as it is spelt."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/fhir":
            scope = {**scope, "path": "/fhir/", "raw_path": b"/fhir/"}
        await self._app(scope, receive, send)


async def _home(_: Request) -> Response:
    return RedirectResponse("/local", status_code=302)


async def _not_found(_: Request, __: Exception) -> Response:
    return problem(404, "There is nothing at this address.")
