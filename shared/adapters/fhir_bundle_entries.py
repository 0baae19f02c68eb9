"""Transaction and batch bundles, read into entries and checked before anything is done (fhir.md §2.4)."""

import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from shared.adapters.fhir_bodies import json_in
from shared.adapters.fhir_validation import known, require_id, require_valid
from shared.fhir.ports import Resource, Write
from shared.fhir.refusals import NotSupported
from shared.kernel.refusals import Nonsense

MOST_ENTRIES = 500
ORDER = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")
"""In which order a transaction is done, however it is written."""
Pairs = tuple[tuple[str, str], ...]

_WEAK_ETAG = re.compile(r'W/"(\d{1,18})"')


@dataclass(frozen=True, slots=True)
class Entry:
    """One request of a bundle. `place` is where it stood, for the answer and for what is said about it."""

    place: int
    method: str
    type: str
    id: str | None = None
    query: Pairs = ()
    resource: Resource | None = None
    operations: Any = None
    if_match: int | None = None
    if_none_exist: Pairs | None = None
    full_url: str = ""
    version: int | None = None


def version_in(etag: str) -> int:
    """Read `W/"3"`. Raises `Nonsense` for anything else: a strong tag is not FHIR's."""
    found = _WEAK_ETAG.fullmatch(etag.strip())
    if not found:
        raise Nonsense(("If-Match", 'not of the form W/"n"'))
    return int(found[1])


def entries_of(bundle: Resource) -> list[dict[str, Any]]:
    """Give the raw entries. Raises `Nonsense` for no list of objects, or for more than 500."""
    entries: Any = bundle.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):  # pyright: ignore[reportUnknownVariableType]  # JSON is untyped
        raise Nonsense(("Bundle.entry", "not a list of entries"))
    if len(entries) > MOST_ENTRIES:  # pyright: ignore[reportUnknownArgumentType]  # JSON is untyped
        raise Nonsense(("Bundle.entry", f"more than {MOST_ENTRIES} entries"))
    return entries  # pyright: ignore[reportUnknownVariableType]  # JSON is untyped


def entry_of(place: int, raw: dict[str, Any]) -> Entry:
    """Read one entry, and check its resource. Raises `Nonsense`, `ResourceTypeUnknown`."""
    request = raw.get("request")
    if not isinstance(request, dict):
        raise Nonsense((f"Bundle.entry[{place}].request", "missing"))
    method, url = _text(request, "method", place), _text(request, "url", place)  # pyright: ignore[reportUnknownArgumentType]  # JSON is untyped
    type_, id_, version, query = _address(url, place)
    if method not in ORDER:
        raise NotSupported((f"Bundle.entry[{place}].request.method", "not supported"))
    etag, condition = request.get("ifMatch"), request.get("ifNoneExist")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON is untyped
    entry = Entry(
        place,
        method,
        known(type_),
        id_,
        query,
        resource=raw.get("resource"),
        if_match=version_in(str(etag)) if etag else None,  # pyright: ignore[reportUnknownArgumentType]  # JSON is untyped
        if_none_exist=pairs_of(str(condition)) if condition else None,  # pyright: ignore[reportUnknownArgumentType]  # JSON is untyped
        full_url=str(raw.get("fullUrl") or ""),
        version=version,
    )
    return _checked(entry)


def entry_of_write(place: int, write: Write) -> Entry:
    """Read one write of the port. Raises as `entry_of` does."""
    condition = pairs_of(write.if_none_exist) if write.if_none_exist else None
    entry = Entry(
        place, write.method, known(write.type), write.id, (), write.resource, None, write.if_match, condition
    )
    return _checked(entry)


def require_possible(entries: Sequence[Entry]) -> None:
    """Raise `Nonsense` for what no transaction holds: a resource twice, a conditional delete, a bundle."""
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        if entry.method == "DELETE" and entry.id is None:
            raise NotSupported((f"Bundle.entry[{entry.place}]", "no conditional delete in a transaction"))
        if entry.method == "POST" and entry.type == "Bundle":
            raise NotSupported((f"Bundle.entry[{entry.place}]", "no bundle within a transaction"))
        if entry.id is None or entry.method in ("GET", "HEAD", "POST"):
            continue
        if (entry.type, entry.id) in seen:
            raise Nonsense((f"Bundle.entry[{entry.place}]", "the same resource twice in one transaction"))
        seen.add((entry.type, entry.id))


def pairs_of(query: str) -> Pairs:
    return tuple(parse_qsl(query.removeprefix("?"), keep_blank_values=True))


def _text(request: dict[str, Any], name: str, place: int) -> str:
    text = request.get(name)
    if not isinstance(text, str) or not text:
        raise Nonsense((f"Bundle.entry[{place}].request.{name}", "missing"))
    return text


def _address(url: str, place: int) -> tuple[str, str | None, int | None, Pairs]:
    path, _, query = url.lstrip("/").partition("?")
    steps = [unquote(step) for step in path.split("/")]
    version = int(steps[3]) if len(steps) == 4 and steps[2] == "_history" and steps[3].isdecimal() else None
    if len(steps) > 2 and version is None:
        raise NotSupported((f"Bundle.entry[{place}].request.url", "not supported in a bundle"))
    return steps[0], (steps[1] if len(steps) > 1 else None), version, pairs_of(query)


def _checked(entry: Entry) -> Entry:
    if entry.id is not None and entry.method == "POST":
        raise NotSupported((f"Bundle.entry[{entry.place}].request.url", "a POST goes to a type"))
    if entry.method == "PATCH":
        return _with_operations(entry)
    if entry.method in ("POST", "PUT"):
        if not isinstance(entry.resource, dict):
            raise Nonsense((f"Bundle.entry[{entry.place}].resource", "missing"))
        if entry.method == "PUT" and entry.id is None and not entry.query:
            raise Nonsense((f"Bundle.entry[{entry.place}].request.url", "a PUT goes to an id or a condition"))
        require_valid(entry.type, entry.id, entry.resource)
    elif entry.id is not None:
        require_id(entry.id)
    return entry


def _with_operations(entry: Entry) -> Entry:
    """Take the JSON Patch out of the Binary that carries it in a bundle."""
    if entry.id is None:
        raise NotSupported((f"Bundle.entry[{entry.place}].request.url", "a PATCH goes to an id"))
    try:
        operations = json_in(b64decode((entry.resource or {})["data"], validate=True))
    except (KeyError, TypeError, ValueError):
        raise Nonsense((f"Bundle.entry[{entry.place}].resource", "not a Binary with a JSON Patch")) from None
    return Entry(
        entry.place, entry.method, entry.type, entry.id, operations=operations, if_match=entry.if_match
    )
