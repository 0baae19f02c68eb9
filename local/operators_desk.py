"""Puts the operator's pages together: for one house, and for whoever has the key that was printed."""

import hmac
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.http_server import problem, refusal
from local.own_api import Api
from local.pages.forms import refused
from local.pages.message_queues import MessageQueuesPage
from local.pages.parked import ParkedPages
from local.pages.rendering import Place, Rendering, stylesheet
from shared.kernel.clock import SystemClock
from shared.kernel.refusals import Nonsense, NotAllowed

ADDRESS = "127.0.0.1"
_COOKIE = "operate"
_FIRST_PAGE = "/local/parked"
_PLACE = Place(
    name="operator's desk",
    where="by its own routes",
    time="time",
    pages=((_FIRST_PAGE, "Parked"), ("/local/message-queues", "Queues")),
    warning=(
        "These pages act as the person whose token they were given, and the house audits what is decided. "
        "They listen on 127.0.0.1 and open only to whoever has the address that was printed."
    ),
)


def desk_of(api: Api, *, house: str, key: str) -> Starlette:
    """Put the pages together, behind the key."""
    rendering = Rendering(house, SystemClock(), _PLACE)
    pages = (ParkedPages(rendering, api), MessageQueuesPage(rendering, api))
    return Starlette(
        routes=[
            Route("/", _first_page),
            Route("/local", _first_page),
            Route("/local/page.css", stylesheet),
            *(route for page in pages for route in page.routes()),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=[ADDRESS, "localhost"]),
            Middleware(OnlyWithKey, key=key),
        ],
        exception_handlers={HTTPException: refusal, NotAllowed: refused, Nonsense: refused},
    )


class OnlyWithKey:
    """Lets in whoever brings the key once, and their browser from then on: nobody else on this machine."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if self._is_key(request.query_params.get("key")):
            await self._let_in(request)(scope, receive, send)
        elif self._is_key(_cookies_of(request).get(_cookie_of(request))):
            await self._app(scope, receive, send)
        else:
            told = problem(403, "Open the address that was printed at the start: it holds the key.")
            await told(scope, receive, send)

    def _is_key(self, given: str | None) -> bool:
        return given is not None and hmac.compare_digest(given.encode(), self._key.encode())

    def _let_in(self, request: Request) -> Response:
        answer = RedirectResponse(_FIRST_PAGE, status_code=303)
        answer.set_cookie(_cookie_of(request), self._key, httponly=True, samesite="strict")
        return answer


def _cookie_of(request: Request) -> str:
    """Name the cookie for our port: browsers give a cookie to every port of a host."""
    return f"{_COOKIE}-{request.url.port}"


def _cookies_of(request: Request) -> Mapping[str, str]:
    try:
        return {name: held.value for name, held in SimpleCookie(request.headers.get("cookie", "")).items()}
    except CookieError:
        return {}


async def _first_page(_: Request) -> Response:
    return RedirectResponse(_FIRST_PAGE, status_code=302)
