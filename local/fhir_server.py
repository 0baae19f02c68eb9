"""The embedded FHIR R4 server over HTTP, to be mounted at `/fhir` (D7), with the manners of fhir.md §2.4."""

import logging
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.fhir_acts import (
    bundle,
    create,
    delete,
    delete_by_search,
    history,
    metadata,
    patch,
    read,
    search,
    search_by_form,
    update,
    update_by_search,
    vread,
)
from local.fhir_answers import outcome_answer, refusal_answer
from local.fhir_export_acts import (
    cancel_export,
    export_all,
    export_file,
    export_group,
    export_patients,
    export_status,
)
from local.fhir_exports import Exports
from local.fhir_faults import Faults
from local.fhir_requests import Asked, whole_body
from local.fhir_service import Service
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.operation_outcome import outcome
from shared.fhir.refusals import UNDERSTOOD

log = logging.getLogger(__name__)
Act = Callable[[Service, Asked], Response]

ROUTES: tuple[tuple[str, str, Act], ...] = (
    ("GET", "/metadata", metadata),
    ("POST", "/", bundle),
    ("GET", "/_history", history),
    ("GET", "/$export", export_all),
    ("POST", "/$export", export_all),
    ("GET", "/Patient/$export", export_patients),
    ("POST", "/Patient/$export", export_patients),
    ("GET", "/Group/{group}/$export", export_group),
    ("POST", "/Group/{group}/$export", export_group),
    ("GET", "/_operations/export/{job}", export_status),
    ("DELETE", "/_operations/export/{job}", cancel_export),
    ("GET", "/_operations/export/{job}/{file}", export_file),
    ("POST", "/{type}/_search", search_by_form),
    ("GET", "/{type}/_history", history),
    ("GET", "/{type}", search),
    ("POST", "/{type}", create),
    ("PUT", "/{type}", update_by_search),
    ("DELETE", "/{type}", delete_by_search),
    ("GET", "/{type}/{id}", read),
    ("PUT", "/{type}/{id}", update),
    ("PATCH", "/{type}/{id}", patch),
    ("DELETE", "/{type}/{id}", delete),
    ("GET", "/{type}/{id}/_history", history),
    ("GET", "/{type}/{id}/_history/{version}", vread),
)
_AT_ONCE = frozenset({metadata, read, vread})
"""What takes less time (20 µs) than handing it to another thread (80 µs), and never waits for a disk."""
_BEGINS_SOMETHING = frozenset({export_all, export_patients, export_group})
"""What a GET does that a HEAD must not."""
_CODES = {404: "not-found", 405: "not-supported", 406: "not-supported", 413: "too-long", 415: "not-supported"}


def fhir_app(
    record: SqliteRecord, *, base_url: str, faults: Faults | None = None, exports: Exports | None = None
) -> Starlette:
    """Serve the record; `base_url` is the address that links and places name, without a slash at its end."""
    service = Service(record, base_url.rstrip("/"), faults or Faults(), exports or Exports(record))
    paths = dict.fromkeys(path for _, path, _ in ROUTES)
    return Starlette(
        routes=[_route(service, path) for path in paths],
        exception_handlers={HTTPException: _http_refusal, Exception: _bug},  # type: ignore[dict-item]  # Starlette's own typing
    )


def _route(service: Service, path: str) -> Route:
    acts = {method: act for method, at, act in ROUTES if at == path}
    if "GET" in acts:
        acts["HEAD"] = _not_done if acts["GET"] in _BEGINS_SOMETHING else acts["GET"]

    async def endpoint(request: Request) -> Response:
        act, asked = acts[request.method], Asked(request, await whole_body(request))
        if act in _AT_ONCE:
            return _answered(service, act, asked)
        return await run_in_threadpool(_answered, service, act, asked)

    return Route(path, endpoint, methods=list(acts))


def _not_done(_service: Service, _asked: Asked) -> Response:
    raise HTTPException(405)


def _answered(service: Service, act: Act, asked: Asked) -> Response:
    """Act, and answer; a refusal is an answer too."""
    fault = service.faults.next()
    if fault is not None and fault.from_entry is not None:
        asked, fault = replace(asked, refused_from=fault.from_entry), None
    if fault is not None and not fault.after_the_act:
        return fault.answer()
    try:
        asked.require_json_wanted()
        response = act(service, asked)
    except UNDERSTOOD as no:
        response = refusal_answer(no)
    return fault.answer() if fault is not None else response


async def _http_refusal(_request: Request, no: HTTPException) -> Response:
    code = _CODES.get(no.status_code, "processing")
    response = outcome_answer(no.status_code, outcome(code, HTTPStatus(no.status_code).phrase))
    response.headers.update(no.headers or {})
    return response


async def _bug(_request: Request, _bug: Exception) -> Response:
    """Say nothing of a bug but that it is one; the host logs it, since it is raised on."""
    return outcome_answer(500, outcome("exception", "Internal Server Error"))
