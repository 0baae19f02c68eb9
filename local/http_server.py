"""Serves the app's HTTP functions by their own routes and methods, as the platform would."""

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

import azure.functions as func
import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from local.app_index import AppRefused, HttpFunction
from local.faults import described
from local.invocation import Workers

log = logging.getLogger(__name__)

LARGEST_BODY = 100 * 1024 * 1024
"""What the platform takes at most."""

_CONSTRAINTS = {"": "", "alpha": "", "guid": ":uuid", "int": ":int", "long": ":int"}

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


class BodyTooLarge(Exception):
    """The request holds more than the platform would read."""


def routes_of(functions: Sequence[HttpFunction], workers: Workers) -> list[Route]:
    """Give a route for each path of the app, literal ones before those with parameters."""
    by_path: dict[str, dict[str, HttpFunction]] = defaultdict(dict)
    for function in functions:
        for path in paths_of(function):
            for method in function.methods:
                if by_path[path].setdefault(method, function) is not function:
                    msg = f"{method} {path} is the route of two functions"
                    raise AppRefused(msg)
    ordered = sorted(by_path, key=_by_precedence)
    return [_AppRoute(path, _endpoint(by_path[path], workers), by_path[path]) for path in ordered]


class _AppRoute(Route):
    """A route of exactly the declared methods: the server would add HEAD to GET, the platform does not."""

    def __init__(self, path: str, endpoint: Endpoint, methods: Iterable[str]) -> None:
        super().__init__(path, endpoint)
        self.methods = set(methods)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match as ever, but what only answers browsers' questions (CORS) is no address for other methods."""
        match, child_scope = super().matches(scope)
        if match is Match.PARTIAL and self.methods == {"OPTIONS"}:
            return Match.NONE, {}
        return match, child_scope


def paths_of(function: HttpFunction) -> list[str]:
    """Spell a platform route template (`{id:guid}`, `{*rest}`, `{page?}`) as the server's paths."""
    template = function.route
    optional = re.search(r"/\{(\w+)\?\}$", template)
    if optional:
        return [
            template[: optional.start()] or "/",
            _path(f"{template[: optional.start()]}/{{{optional[1]}}}", function),
        ]
    return [_path(template, function)]


def _path(template: str, function: HttpFunction) -> str:
    def spelt(match: re.Match[str]) -> str:
        star, name, constraint = match[1], match[2], match[3] or ""
        if constraint not in _CONSTRAINTS:
            msg = f"function {function.function.name} constrains a route by {constraint}, which is not served"
            raise AppRefused(msg)
        return f"{{{name}:path}}" if star else f"{{{name}{_CONSTRAINTS[constraint]}}}"

    return re.sub(r"\{(\*?)(\w+)(?::(\w+))?\}", spelt, template)


def _by_precedence(path: str) -> list[tuple[int, str]]:
    """Sort literals before parameters, and parameters before what takes the rest."""
    return [(2 if ":path" in part else 1 if "{" in part else 0, part) for part in path.split("/")]


def _endpoint(by_method: dict[str, HttpFunction], workers: Workers) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            body = await _body_of(request)
        except BodyTooLarge:
            return problem(413, "The request is larger than 100 MB.", {"Connection": "close"})
        except ClientDisconnect:
            return Response(status_code=400)
        return await _answered(by_method[request.method], _as_the_worker_gives_it(request, body), workers)

    return answer


async def _answered(function: HttpFunction, request: func.HttpRequest, workers: Workers) -> Response:
    try:
        answer = await workers.answer(function.function, request)
        return _as_sent(answer)
    except Exception as error:  # noqa: BLE001  # a bug is answered with 500, without detail
        told = {"function": function.function.name, "error": described(error)}
        log.error("local.request.failed", extra=told)  # noqa: TRY400  # a traceback would hold the text
        return problem(500, "Something went wrong.")


async def _body_of(request: Request) -> bytes:
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > LARGEST_BODY:
        raise BodyTooLarge
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LARGEST_BODY:
            raise BodyTooLarge
    return bytes(received)


def _as_the_worker_gives_it(request: Request, body: bytes) -> func.HttpRequest:
    """Dress a request as functions are given it; what comes several times is joined by commas."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    params: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        params[name] = f"{params[name]},{value}" if name in params else value
    return func.HttpRequest(
        request.method,
        str(request.url),
        headers=headers,
        params=params,
        route_params={name: str(value) for name, value in request.path_params.items()},
        body=body,
    )


def _as_sent(answer: Any) -> Response:
    if isinstance(answer, str):
        return Response(answer, media_type="text/plain")
    if not isinstance(answer, func.HttpResponse):
        message = f"a function answered with {type(answer).__name__}, not with an HttpResponse"
        raise TypeError(message)
    sent = Response(answer.get_body(), status_code=answer.status_code)
    if "content-type" not in answer.headers:
        text = answer.mimetype.startswith("text/")
        sent.headers["content-type"] = (
            f"{answer.mimetype}; charset={answer.charset}" if text else answer.mimetype
        )
    for name, value in answer.headers.items():
        if name.lower() != "content-length":
            sent.headers.append(name, value)
    return sent


def problem(status: int, title: str, headers: Mapping[str, str] | None = None) -> Response:
    """Say no as RFC 9457 has it."""
    return Response(
        orjson.dumps({"type": "about:blank", "title": title, "status": status}),
        status_code=status,
        headers=headers,
        media_type="application/problem+json",
    )


def refusal(_: Request, refused: Exception) -> Response:
    """Answer for an address or a method that nobody serves."""
    status = refused.status_code if isinstance(refused, HTTPException) else 500
    titles = {404: "There is nothing at this address.", 405: "This address does not know that method."}
    headers = refused.headers if isinstance(refused, HTTPException) else None
    return problem(status, titles.get(status, "The request cannot be answered."), headers)
