"""What the embedded FHIR server does for each interaction of http://hl7.org/fhir/R4/http.html."""

from typing import Any

from starlette.responses import Response

from local.fhir_answers import (
    done_answer,
    history_bundle,
    json_answer,
    outcome_entry,
    refused_entry,
    resource_answer,
    search_bundle,
)
from local.fhir_requests import Asked
from local.fhir_service import Service
from shared.adapters.fhir_bundle_entries import Entry, Pairs, entries_of, entry_of
from shared.adapters.fhir_capability_statement import capability_statement
from shared.adapters.fhir_search_query import LARGEST_PAGE, PAGE, question
from shared.adapters.fhir_validation import require_id, require_valid
from shared.adapters.sqlite_record_acts import Done
from shared.adapters.sqlite_record_history import Past, Place
from shared.adapters.sqlite_record_transaction import Outcome
from shared.fhir.instants import DAWN, span_of
from shared.fhir.refusals import UNDERSTOOD, NotSupported
from shared.kernel.refusals import Nonsense, Throttled


def metadata(service: Service, _asked: Asked) -> Response:
    return json_answer(200, capability_statement(service.base_url))


def read(service: Service, asked: Asked) -> Response:
    """Give the current version; 304 to whoever has it, 410 once deleted."""
    stored = service.record.stored(asked.type, asked.id)
    if asked.none_match == stored.etag:
        return Response(status_code=304, headers={"ETag": stored.etag})
    return resource_answer(stored)


def vread(service: Service, asked: Asked) -> Response:
    version = asked.http.path_params["version"]
    return resource_answer(service.record.stored(asked.type, asked.id, _whole(version, "versionId")))


def create(service: Service, asked: Asked) -> Response:
    """Write under a new id; with If-None-Exist only when nothing meets it."""
    resource, type_ = asked.resource(), asked.type
    require_valid(type_, None, resource)
    return _write(
        service, asked, Entry(0, "POST", type_, resource=resource, if_none_exist=asked.if_none_exist)
    )


def update(service: Service, asked: Asked) -> Response:
    """Write under the id of the path, new or not; 412 when If-Match names another version."""
    resource, type_, id_ = asked.resource(), asked.type, asked.id
    require_valid(type_, id_, resource)
    return _write(service, asked, Entry(0, "PUT", type_, id_, resource=resource, if_match=asked.if_match))


def update_by_search(service: Service, asked: Asked) -> Response:
    """Write over the one that meets the condition, anew when none does, 412 when many do."""
    resource, type_ = asked.resource(), asked.type
    require_valid(type_, None, resource)
    entry = Entry(0, "PUT", type_, query=asked.pairs, resource=resource, if_match=asked.if_match)
    return _write(service, asked, entry)


def patch(service: Service, asked: Asked) -> Response:
    entry = Entry(0, "PATCH", asked.type, asked.id, operations=asked.operations(), if_match=asked.if_match)
    return _write(service, asked, entry)


def delete(service: Service, asked: Asked) -> Response:
    """Take it away; with `hardDelete=true` also all that it was."""
    require_id(asked.id)
    entry = Entry(0, "DELETE", asked.type, asked.id, query=asked.pairs, if_match=asked.if_match)
    return _write(service, asked, entry)


def delete_by_search(service: Service, asked: Asked) -> Response:
    """Take away the one that meets the condition, 412 when many do."""
    return _write(service, asked, Entry(0, "DELETE", asked.type, query=asked.pairs, if_match=asked.if_match))


def search(service: Service, asked: Asked) -> Response:
    return _search(service, asked, asked.pairs)


def search_by_form(service: Service, asked: Asked) -> Response:
    return _search(service, asked, asked.form())


def history(service: Service, asked: Asked) -> Response:
    """Give what was, newest first: of a resource, of a type, or of everything."""
    named = asked.http.path_params
    past = _past(asked.type if "type" in named else None, named.get("id"), dict(asked.pairs))
    page, go_on = service.record.past(past)
    pairs = [pair for pair in asked.pairs if pair[0] in ("_count", "_since")]
    here = "/".join([service.base_url, *(step for step in (past.type, past.id) if step), "_history"])
    mark = ".".join(map(str, go_on)) if go_on else None
    return json_answer(200, history_bundle(page, here, pairs, mark, service.base_url))


def bundle(service: Service, asked: Asked) -> Response:
    """Do a transaction, all or nothing, or a batch, each for itself."""
    sent = asked.resource()
    if sent.get("resourceType") != "Bundle":
        raise Nonsense(("resourceType", "not a Bundle"))
    kind = sent.get("type")
    if kind not in ("transaction", "batch"):
        raise NotSupported(("Bundle.type", "neither transaction nor batch"))
    raw = entries_of(sent)
    do = _transaction if kind == "transaction" else _batch
    return json_answer(
        200, {"resourceType": "Bundle", "type": f"{kind}-response", "entry": do(service, asked, raw)}
    )


def _transaction(service: Service, asked: Asked, raw: list[dict[str, Any]]) -> list[dict[str, Any]]:
    entries = [entry_of(place, entry) for place, entry in enumerate(raw)]
    outcomes = service.record.together(entries)
    return [_entry(service, asked, entry, outcome) for entry, outcome in zip(entries, outcomes, strict=True)]


def _batch(service: Service, asked: Asked, raw: list[dict[str, Any]]) -> list[dict[str, Any]]:
    until = len(raw) if asked.refused_from is None else asked.refused_from
    done = [_one_of_a_batch(service, asked, place, entry) for place, entry in enumerate(raw[:until])]
    return done + [refused_entry(Throttled())] * (len(raw) - len(done))


def _one_of_a_batch(service: Service, asked: Asked, place: int, raw: dict[str, Any]) -> dict[str, Any]:
    try:
        entry = entry_of(place, raw)
        return _entry(service, asked, entry, service.record.alone(entry))
    except UNDERSTOOD as no:
        return refused_entry(no)


def _entry(service: Service, asked: Asked, entry: Entry, outcome: Outcome) -> dict[str, Any]:
    query = None if isinstance(outcome, Done) else question(entry.type, entry.query)
    return outcome_entry(outcome, query, service.base_url, minimal=asked.minimal)


def _write(service: Service, asked: Asked, entry: Entry) -> Response:
    outcome = service.record.alone(entry)
    assert isinstance(outcome, Done)  # noqa: S101  # only a GET gives anything else
    return done_answer(outcome, service.base_url, minimal=asked.minimal)


def _search(service: Service, asked: Asked, pairs: Pairs) -> Response:
    query = question(asked.type, pairs, strict=asked.strict)
    answer = service.record.answer(query, dict(pairs).get("ct"))
    return json_answer(200, search_bundle(query, answer, service.base_url))


def _past(type_: str | None, id_: str | None, asked: dict[str, str]) -> Past:
    since = asked.get("_since")
    try:
        start = span_of(since.replace(" ", "+")).low if since else DAWN
    except ValueError:
        raise Nonsense(("_since", "not an instant")) from None
    count = min(max(_whole(asked.get("_count", str(PAGE)), "_count"), 1), LARGEST_PAGE)
    return Past(type_, id_, start, count, _mark(asked["ct"]) if "ct" in asked else None)


def _mark(text: str) -> Place:
    parts = text.removeprefix("-").split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in parts):
        raise Nonsense(("ct", "not a continuation token of a history"))
    at, key, version = map(int, parts)
    return (-at if text.startswith("-") else at), key, version


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Nonsense((name, "not a whole number"))
    return int(text)
