"""`/fhir` of a host whose record is elsewhere: what is asked is passed on as it is, without our token."""

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.fhir_answers import outcome_answer
from shared.fhir.operation_outcome import outcome

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_PASSED_ON = (
    "accept",
    "authorization",
    "content-type",
    "if-match",
    "if-none-exist",
    "if-none-match",
    "prefer",
)
_PASSED_BACK = ("content-type", "content-location", "etag", "last-modified", "location", "retry-after")
_PATIENCE_SECONDS = 60


def fhir_elsewhere(base_url: str) -> Starlette:
    """Serve what a FHIR server answers; its links lead to itself."""

    async def passed_on(request: Request) -> Response:
        path = request.path_params["path"]
        url = f"{base_url}/{path}" if path else base_url
        url = f"{url}?{request.url.query}" if request.url.query else url
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as client:
                answer = await client.request(
                    request.method, url, content=await request.body(), headers=headers
                )
        except httpx.HTTPError:
            return outcome_answer(503, outcome("transient", "The record cannot be reached."))
        back = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
        return Response(answer.content, status_code=answer.status_code, headers=back)

    return Starlette(routes=[Route("/{path:path}", passed_on, methods=_METHODS)])
