"""Bulk exports over HTTP: kick-off, status, files and cancellation (fhir.md §2.3)."""

from typing import Any, cast

import orjson
from starlette.responses import FileResponse, Response

from local.fhir_export_jobs import Job
from local.fhir_export_requests import NDJSON, KickOff, kick_off_in
from local.fhir_exports import Export
from local.fhir_requests import Asked
from local.fhir_service import Service
from shared.fhir.references import reference_of
from shared.fhir.refusals import NotSupported
from shared.kernel.refusals import Nonsense


def export_all(service: Service, asked: Asked) -> Response:
    """Take on an export of everything."""
    wanted = kick_off_in(asked)
    if wanted.patients is not None:
        raise NotSupported(("patient", "an export of everything is not about some"))
    return _taken_on(service, asked, wanted, of_patients=False)


def export_patients(service: Service, asked: Asked) -> Response:
    """Take on an export of all patients, or of those who are named, and of what belongs to them."""
    wanted = kick_off_in(asked)
    if wanted.patients is not None:
        references = [("Patient", id_) for id_ in wanted.patients]
        if set(service.record.read_many(references).resources) != set(references):
            raise Nonsense(("patient", "not a patient of this record"))
    return _taken_on(service, asked, wanted, of_patients=True, patients=wanted.patients)


def export_group(service: Service, asked: Asked) -> Response:
    """Take on an export of those who are in a group now, or of some of them, and of what belongs to them."""
    group = orjson.loads(service.record.stored("Group", asked.http.path_params["group"]).body)
    wanted, members = kick_off_in(asked), _members(group)
    if wanted.patients is not None and not members.issuperset(wanted.patients):
        raise Nonsense(("patient", "not in the group"))
    patients = tuple(sorted(members)) if wanted.patients is None else wanted.patients
    return _taken_on(service, asked, wanted, of_patients=True, patients=patients)


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
    service: Service,
    asked: Asked,
    wanted: KickOff,
    *,
    of_patients: bool,
    patients: tuple[str, ...] | None = None,
) -> Response:
    id_ = service.exports.begin(
        Export(
            request=str(asked.http.url),
            types=wanted.types,
            since=wanted.since,
            until=wanted.until,
            of_patients=of_patients,
            patients=patients,
            filters=wanted.filters,
        )
    )
    place = f"{service.base_url}/_operations/export/{id_}"
    return Response(status_code=202, headers={"Content-Location": place})


def _members(group: dict[str, Any]) -> set[str]:
    """Give the ids of the patients who have not left it."""
    members = cast("list[dict[str, Any]]", group.get("member") or [])
    texts = [member.get("entity", {}).get("reference") for member in members if not member.get("inactive")]
    found = [reference_of(text) for text in texts if isinstance(text, str)]
    return {one.id for one in found if one is not None and one.type == "Patient" and not one.base}


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
