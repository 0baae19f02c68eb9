"""Bulk exports over HTTP: kick-off, status, files and cancellation (fhir.md §2.3)."""

from typing import Any, cast

import orjson
from starlette.responses import FileResponse, Response

from local.fhir_export_jobs import Job
from local.fhir_exports import Export
from local.fhir_requests import Asked
from local.fhir_service import Service
from shared.adapters.fhir_validation import known
from shared.fhir.instants import span_of
from shared.fhir.references import reference_of
from shared.fhir.refusals import NotSupported, ResourceTypeUnknown
from shared.kernel.refusals import Nonsense

NDJSON = "application/fhir+ndjson"
_FORMATS = frozenset({NDJSON, "application/ndjson", "ndjson"})
_KNOWN = frozenset({"_type", "_since", "_till", "_outputFormat"})


def export_all(service: Service, asked: Asked) -> Response:
    """Take on an export of everything."""
    return _taken_on(service, asked, of_patients=False)


def export_patients(service: Service, asked: Asked) -> Response:
    """Take on an export of all patients and what belongs to them."""
    return _taken_on(service, asked, of_patients=True)


def export_group(service: Service, asked: Asked) -> Response:
    """Take on an export of those who are in a group now, and of what belongs to them."""
    group = orjson.loads(service.record.stored("Group", asked.http.path_params["group"]).body)
    return _taken_on(service, asked, of_patients=True, patients=tuple(_members(group)))


def export_status(service: Service, asked: Asked) -> Response:
    """Answer 202 until all is written, and then tell where it lies."""
    id_ = asked.http.path_params["job"]
    job = service.exports.job(id_)
    if not job.is_done:
        return Response(status_code=202)
    here = f"{service.base_url}/_operations/export/{id_}"
    return Response(orjson.dumps(_manifest(job, here)), media_type="application/json")


def export_file(service: Service, asked: Asked) -> Response:
    named = asked.http.path_params
    return FileResponse(service.exports.file(named["job"], named["file"]), media_type=NDJSON)


def cancel_export(service: Service, asked: Asked) -> Response:
    service.exports.cancel(asked.http.path_params["job"])
    return Response(status_code=202)


def _taken_on(
    service: Service, asked: Asked, *, of_patients: bool, patients: tuple[str, ...] | None = None
) -> Response:
    if not asked.asynchronous:
        raise Nonsense(("Prefer", "an export is only answered later: respond-async"))
    strangers = [name for name, _ in asked.pairs if name not in _KNOWN]
    if strangers and not asked.lenient:
        raise NotSupported(("", "a parameter of the export is unknown or not supported"))
    said = dict(asked.pairs)
    if said.get("_outputFormat", "ndjson").replace(" ", "+") not in _FORMATS:
        raise NotSupported(("_outputFormat", "only NDJSON is written"))
    id_ = service.exports.begin(
        Export(
            request=str(asked.http.url),
            types=_types(asked),
            since=_instant(said, "_since"),
            until=_instant(said, "_till"),
            of_patients=of_patients,
            patients=patients,
        )
    )
    place = f"{service.base_url}/_operations/export/{id_}"
    return Response(status_code=202, headers={"Content-Location": place})


def _types(asked: Asked) -> tuple[str, ...]:
    named = [type_ for name, value in asked.pairs if name == "_type" for type_ in value.split(",")]
    try:
        return tuple(known(type_) for type_ in named)
    except ResourceTypeUnknown:
        raise Nonsense(("_type", "not a resource type of R4")) from None


def _instant(said: dict[str, str], name: str) -> int | None:
    try:
        return span_of(said[name].replace(" ", "+")).low if name in said else None
    except ValueError:
        raise Nonsense((name, "not an instant")) from None


def _members(group: dict[str, Any]) -> list[str]:
    """Give the ids of the patients who have not left it."""
    members = cast("list[dict[str, Any]]", group.get("member") or [])
    texts = [member.get("entity", {}).get("reference") for member in members if not member.get("inactive")]
    found = [reference_of(text) for text in texts if isinstance(text, str)]
    return [one.id for one in found if one is not None and one.type == "Patient" and not one.base]


def _manifest(job: Job, here: str) -> dict[str, Any]:
    def named(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"type": one["type"], "url": f"{here}/{one['name']}", "count": one["count"]} for one in files]

    said: dict[str, Any] = {
        "transactionTime": job.transaction_time,
        "request": job.request,
        "requiresAccessToken": False,
        "output": named(job.output),
        "error": [],
    }
    return {**said, "deleted": named(job.deleted)} if job.tells_deletions else said
