"""How the embedded FHIR server answers over HTTP: headers, bodies, bundles."""

from collections.abc import Sequence
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

from shared.adapters.fhir_search_query import LARGEST_PAGE, Question
from shared.adapters.sqlite_record_acts import Done
from shared.adapters.sqlite_record_search import Answer
from shared.adapters.sqlite_record_tables import Stored
from shared.adapters.sqlite_record_transaction import Outcome
from shared.fhir.operation_outcome import outcome
from shared.fhir.refusals import ResourceDeleted, answer_to

FHIR_JSON = "application/fhir+json; charset=utf-8"


def json_answer(status: int, content: Any) -> Response:
    return Response(orjson.dumps(content), status, media_type=FHIR_JSON)


def outcome_answer(status: int, said: dict[str, Any]) -> Response:
    return json_answer(status, said)


def refusal_answer(no: Exception) -> Response:
    """Answer a refusal; a deleted resource tells the version that the deletion made."""
    status, said = answer_to(no)
    response = outcome_answer(status, said)
    if isinstance(no, ResourceDeleted):
        response.headers["ETag"] = f'W/"{no.version}"'
    return response


def resource_answer(stored: Stored, status: int = 200) -> Response:
    return Response(stored.body, status, _stamps(stored), FHIR_JSON)


def done_answer(done: Done, base_url: str, *, minimal: bool) -> Response:
    """Answer a write: 201 with its place or 200, the resource as stored unless little was preferred."""
    stored = done.stored
    if stored is None or stored.deleted:
        return Response(status_code=204, headers={"ETag": stored.etag} if stored else None)
    headers = _stamps(stored)
    if done.created:
        headers["Location"] = _place(stored, base_url)
    body = None if minimal else stored.body
    return Response(body, 201 if done.created else 200, headers, FHIR_JSON)


def search_bundle(asked: Question, answer: Answer, base_url: str) -> dict[str, Any]:
    """Make a searchset; its self link tells which parameters were understood."""
    here = f"{base_url}/{asked.type}"
    links = [{"relation": "self", "url": _url(here, asked.used)}]
    if answer.next is not None:
        links.append({"relation": "next", "url": _url(here, [*asked.used, ("ct", answer.next)])})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if answer.total is not None:
        bundle["total"] = answer.total
    entries = [_entry(stored, "match", base_url) for stored in answer.matches]
    entries += [_entry(stored, "include", base_url) for stored in answer.included]
    if asked.capped:
        entries.append({"resource": _CAPPED, "search": {"mode": "outcome"}})
    return {**bundle, "entry": entries} if entries else bundle


def history_bundle(
    page: Sequence[Stored], here: str, pairs: Sequence[tuple[str, str]], go_on: str | None, base_url: str
) -> dict[str, Any]:
    """Make a history, each entry with what was asked and what came of it."""
    links = [{"relation": "self", "url": _url(here, pairs)}]
    if go_on is not None:
        links.append({"relation": "next", "url": _url(here, [*pairs, ("ct", go_on)])})
    entries = [_past_entry(stored, base_url) for stored in page]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "history", "link": links}
    return {**bundle, "entry": entries} if entries else bundle


def outcome_entry(
    outcome_: Outcome, query: Question | None, base_url: str, *, minimal: bool
) -> dict[str, Any]:
    """Answer one entry of a transaction or batch."""
    if isinstance(outcome_, Answer):
        found = search_bundle(query, outcome_, base_url) if query else None
        return {"resource": found, "response": {"status": "200"}}
    stored = outcome_.stored
    if stored is None or stored.deleted:
        return {"response": {"status": "204"} | ({"etag": stored.etag} if stored else {})}
    response = {
        "status": "201" if outcome_.created else "200",
        "etag": stored.etag,
        "lastModified": stored.last_updated,
    }
    if outcome_.created:
        response["location"] = _place(stored, base_url)
    entry: dict[str, Any] = {"fullUrl": f"{base_url}/{stored.reference.text}", "response": response}
    return entry if minimal else {**entry, "resource": orjson.Fragment(stored.body)}


def refused_entry(no: Exception) -> dict[str, Any]:
    """Answer one entry of a batch that was refused."""
    status, said = answer_to(no)
    return {"response": {"status": str(status), "outcome": said}}


_CAPPED = outcome("informational", f"_count is at most {LARGEST_PAGE} here.", severity="warning")


def _stamps(stored: Stored) -> dict[str, str]:
    return {"ETag": stored.etag, "Last-Modified": format_datetime(stored.at, usegmt=True)}


def _place(stored: Stored, base_url: str) -> str:
    return f"{base_url}/{stored.reference.text}/_history/{stored.version}"


def _entry(stored: Stored, mode: str, base_url: str) -> dict[str, Any]:
    return {
        "fullUrl": f"{base_url}/{stored.reference.text}",
        "resource": orjson.Fragment(stored.body),
        "search": {"mode": mode},
    }


def _past_entry(stored: Stored, base_url: str) -> dict[str, Any]:
    method = "DELETE" if stored.deleted else "PUT"
    status = "204" if stored.deleted else "201" if stored.version == 1 else "200"
    entry: dict[str, Any] = {
        "fullUrl": f"{base_url}/{stored.reference.text}",
        "request": {"method": method, "url": stored.reference.text},
        "response": {"status": status, "etag": stored.etag, "lastModified": stored.last_updated},
    }
    return entry if stored.deleted else {**entry, "resource": orjson.Fragment(stored.body)}


def _url(here: str, pairs: Sequence[tuple[str, str]]) -> str:
    return f"{here}?{urlencode(pairs)}" if pairs else here
