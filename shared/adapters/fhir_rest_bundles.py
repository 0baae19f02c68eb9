"""Bundles to and from any FHIR server: what is asked together, and what came of each entry."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from shared.adapters.fhir_rest_answers import NoFhir, meaning, version_in
from shared.fhir.ports import Resource, Write
from shared.fhir.references import Reference, reference_of, referring_otherwise

Here = Callable[[Resource], Resource]
"""Makes a resource speak of its own server without naming it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one entry."""

    status: int
    resource: Resource | None
    version: int
    place: Reference | None
    said: Resource

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300

    def refusal(self) -> Exception:
        return meaning(self.status, self.said)


def relative(base_url: str) -> Here:
    """Give what turns `https://our.server/fhir/Patient/x` into `Patient/x`, and leaves others' alone."""

    def changed(text: str) -> str | None:
        if not text.startswith(f"{base_url}/"):
            return None
        found = reference_of(text, home=base_url)
        return text[len(base_url) + 1 :] if found is not None else None

    return lambda resource: referring_otherwise(resource, changed)


def transaction(writes: Sequence[Write]) -> Resource:
    """Spell writes as a transaction."""
    return {"resourceType": "Bundle", "type": "transaction", "entry": [_entry(write) for write in writes]}


def batch_of_reads(references: Sequence[tuple[str, str]]) -> Resource:
    """Spell reads as a batch."""
    entries = [{"request": {"method": "GET", "url": f"{type_}/{quote(id_)}"}} for type_, id_ in references]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}


def outcomes(bundle: Resource, here: Here, *, asked: int) -> list[Outcome]:
    """Give what came of each entry, in the order asked. Raises `NoFhir` where some are missing."""
    found = [_outcome(entry, here) for entry in entries_of(bundle)]
    if len(found) != asked:
        raise NoFhir
    return found


def entries_of(bundle: Resource) -> list[dict[str, Any]]:
    return objects_in(bundle, "entry")


def objects_in(resource: Resource, name: str) -> list[dict[str, Any]]:
    """Give what stands in a list; what is no object, as null is none, is left out."""
    listed: Any = resource.get(name)
    items = cast("list[Any]", listed) if isinstance(listed, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def resources_of(bundle: Resource, here: Here) -> Iterator[tuple[str, Resource]]:
    """Give each resource with its mode: `match`, `include` or `outcome`."""
    for entry in entries_of(bundle):
        search: Any = entry.get("search") or {}
        if isinstance(resource := entry.get("resource"), dict):
            yield search.get("mode") or "match", here(cast("Resource", resource))


def link_of(bundle: Resource, relation: str) -> str | None:
    """Give where a bundle says that it goes on."""
    for link in objects_in(bundle, "link"):
        if link.get("relation") == relation and isinstance(url := link.get("url"), str):
            return url
    return None


def _entry(write: Write) -> dict[str, Any]:
    url = write.type if write.id is None else f"{write.type}/{quote(write.id)}"
    request: dict[str, Any] = {"method": write.method, "url": url}
    if write.if_match is not None:
        request["ifMatch"] = f'W/"{write.if_match}"'
    if write.if_none_exist is not None:
        request["ifNoneExist"] = write.if_none_exist.removeprefix("?")
    return {"request": request} | ({"resource": write.resource} if write.resource is not None else {})


def _outcome(entry: dict[str, Any], here: Here) -> Outcome:
    response: dict[str, Any] = entry.get("response") or {}
    resource: Any = entry.get("resource")
    status = str(response.get("status", ""))[:3]  # some servers put the reason behind it
    said: Any = response.get("outcome")
    stored = cast("Resource", resource) if isinstance(resource, dict) else {}
    is_outcome = stored.get("resourceType") == "OperationOutcome"
    return Outcome(
        int(status) if status.isascii() and status.isdecimal() else 500,
        here(stored) if stored and not is_outcome else None,
        version_in(str(response.get("etag") or "")),
        reference_of(str(response.get("location") or "").lstrip("/")),
        cast("Resource", said) if isinstance(said, dict) else stored if is_outcome else {},
    )
