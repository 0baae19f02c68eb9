"""A FHIR Bundle that somebody sends, read into what shall become of each resource (FH-6).

http://hl7.org/fhir/R4/bundle.html, as far as it can be sent again without harm: every resource has an id
before it is written. What is POSTed is known by the UUID of its `fullUrl`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from shared.exchange.ports import FhirReading
from shared.fhir.ports import Resource
from shared.fhir.references import ID, referring_otherwise
from shared.fhir.refusals import ResourceTypeUnknown
from shared.fhir.resource_types import R4_TYPES
from shared.kernel.refusals import Nonsense

BundleType = Literal["transaction", "batch", "collection"]
BUNDLE_TYPES: Mapping[str, BundleType] = {
    "transaction": "transaction",
    "batch": "batch",
    "collection": "collection",
}
MOST_ENTRIES = 500
MOST_PROBLEMS = 20
_URN = re.compile(r"urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
_WEAK_ETAG = re.compile(r'W/"(\d{1,18})"')
_WORD = re.compile(r"[A-Za-z_]{1,40}")

Problem = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """One entry: the resource as it shall be, or None where it shall be gone. `place` is where it stood."""

    place: int
    type: str
    id: str
    resource: Resource | None
    if_match: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.type, self.id


@dataclass(frozen=True, slots=True)
class SentBundle:
    """What was sent, sound in itself; whether it may pass is another question."""

    type: BundleType
    entries: tuple[Sent, ...]


def bundle_in(body: bytes, reading: FhirReading) -> SentBundle:
    """Read a bundle. Raises `Nonsense` with what is wrong, by paths such as `entry[3].resource.status`."""
    bundle = reading.json_in(body)
    if not isinstance(bundle, dict) or cast("Resource", bundle).get("resourceType") != "Bundle":
        raise Nonsense(("resourceType", "not a Bundle"))
    held = cast("Resource", bundle)
    kind = BUNDLE_TYPES.get(str(held.get("type")))
    if kind is None:
        raise Nonsense(("type", "neither transaction, batch nor collection"))
    raw = _entries(held.get("entry"))
    problems: list[Problem] = []
    sent = [one for place, entry in enumerate(raw) if (one := _sent(place, entry, kind, problems))]
    if not problems:
        problems += _twice(sent)
        sent = _linked(sent, dict(_names(raw, sent)), problems)
        problems += _unsound(sent, reading)
    if problems:
        raise Nonsense(*problems[:MOST_PROBLEMS])
    return SentBundle(kind, tuple(sent))


def _entries(held: Any) -> Sequence[Any]:
    if not isinstance(held, list) or not held:
        raise Nonsense(("entry", "missing, or no list of entries"))
    entries = cast("list[Any]", held)
    if len(entries) > MOST_ENTRIES:
        raise Nonsense(("entry", f"more than {MOST_ENTRIES}"))
    return entries


def _sent(place: int, entry: Any, kind: BundleType, problems: list[Problem]) -> Sent | None:
    """Read one entry; what is wrong with it is added to the problems."""
    at = f"entry[{place}]"
    if not isinstance(entry, dict):
        problems.append((at, "not an object"))
        return None
    try:
        held = cast("Resource", entry)
        return _collected(place, held) if kind == "collection" else _requested(place, held)
    except Nonsense as no:
        problems += [(f"{at}.{path}", problem) for path, problem in no.fields]
        return None


def _collected(place: int, entry: Resource) -> Sent:
    """Read an entry of a collection, which asks for nothing: the resource shall be as it is there."""
    resource = _resource(entry)
    type_ = _type(resource.get("resourceType"), "resource.resourceType")
    own = resource.get("id")
    id_ = own if isinstance(own, str) else _uuid(entry)
    if id_ is None or not ID.fullmatch(id_):
        raise Nonsense(("resource.id", "needed, or a fullUrl that is a urn:uuid"))
    return Sent(place, type_, id_, {**resource, "id": id_})


def _requested(place: int, entry: Resource) -> Sent:
    asked = entry.get("request")
    if not isinstance(asked, dict):
        raise Nonsense(("request", "missing"))
    request = cast("Resource", asked)
    method, url = request.get("method"), request.get("url")
    if method not in ("POST", "PUT", "DELETE"):
        raise Nonsense(("request.method", "neither POST, PUT nor DELETE"))
    if request.get("ifNoneExist") is not None:
        raise Nonsense(("request.ifNoneExist", "not supported: what is POSTed is known by its fullUrl"))
    type_, _, id_ = url.partition("/") if isinstance(url, str) else ("", "", "")
    type_ = _type(type_, "request.url")
    if method == "POST":
        return _posted(place, entry, type_, id_)
    if not ID.fullmatch(id_):
        raise Nonsense(("request.url", "not of the form Type/id"))
    resource = None if method == "DELETE" else _resource(entry)
    return Sent(place, type_, id_, resource, _version(request.get("ifMatch")))


def _posted(place: int, entry: Resource, type_: str, id_: str) -> Sent:
    uuid = _uuid(entry)
    if id_:
        raise Nonsense(("request.url", "a POST goes to a type"))
    if uuid is None:
        raise Nonsense(
            ("fullUrl", "what is POSTed needs a urn:uuid, by which it is known when it comes again")
        )
    return Sent(place, type_, uuid, {**_resource(entry), "id": uuid})


def _resource(entry: Resource) -> Resource:
    resource = entry.get("resource")
    if not isinstance(resource, dict):
        raise Nonsense(("resource", "missing"))
    return cast("Resource", resource)


def _type(named: Any, path: str) -> str:
    if not isinstance(named, str) or named not in R4_TYPES:
        raise Nonsense((path, "no type of FHIR R4"))
    return named


def _version(etag: Any) -> int | None:
    if etag is None:
        return None
    found = _WEAK_ETAG.fullmatch(etag) if isinstance(etag, str) else None
    if found is None:
        raise Nonsense(("request.ifMatch", 'not of the form W/"n"'))
    return int(found[1])


def _uuid(entry: Resource) -> str | None:
    url = entry.get("fullUrl")
    found = _URN.fullmatch(url) if isinstance(url, str) else None
    return found[1].lower() if found else None


def _twice(sent: Sequence[Sent]) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for one in sent:
        if one.key in seen:
            yield f"entry[{one.place}]", "the same resource twice in one bundle"
        seen.add(one.key)


def _names(raw: Sequence[Any], sent: Sequence[Sent]) -> Iterator[tuple[str, str]]:
    """Say what each `urn:uuid` of the bundle is called in the record."""
    for one in sent:
        uuid = _uuid(raw[one.place])
        if uuid is not None and one.resource is not None:
            yield f"urn:uuid:{uuid}", f"{one.type}/{one.id}"


def _linked(sent: Sequence[Sent], names: Mapping[str, str], problems: list[Problem]) -> list[Sent]:
    """Let resources point at each other as they are called in the record."""
    linked: list[Sent] = []
    for one in sent:
        for path, text in _references(one.resource, f"entry[{one.place}].resource"):
            if text.startswith("urn:") and text.lower() not in names:
                problems.append((path, "names nothing in this bundle"))
            elif "?" in text and not text.startswith(("http://", "https://")):
                problems.append((path, "a reference by a condition is not resolved here"))
        resource = referring_otherwise(one.resource, lambda text: names.get(text.lower()))
        linked.append(Sent(one.place, one.type, one.id, resource, one.if_match))
    return linked


def _references(value: Any, path: str) -> Iterator[Problem]:
    """Give each reference's path and text; the reader has made sure that nothing is nested beyond sense."""
    if isinstance(value, list):
        for place, part in enumerate(cast("list[Any]", value)):
            yield from _references(part, f"{path}[{place}]")
    elif isinstance(value, dict):
        for name, part in cast("Resource", value).items():
            step = f"{path}.{name if _WORD.fullmatch(name) else '?'}"  # it could itself be a value (D17)
            if name == "reference" and isinstance(part, str):
                yield step, part
            else:
                yield from _references(part, step)


def _unsound(sent: Sequence[Sent], reading: FhirReading) -> Iterator[Problem]:
    for one in sent:
        if one.resource is None:
            continue
        at = f"entry[{one.place}].resource"
        try:
            reading.require_valid(one.type, one.id, one.resource)
        except ResourceTypeUnknown:
            yield f"{at}.resourceType", "no type of FHIR R4"
        except Nonsense as no:
            yield from ((_path(at, one.type, path), problem) for path, problem in no.fields)


def _path(at: str, type_: str, path: str) -> str:
    """Put a path within a resource (`Observation.status`) into the bundle (`entry[3].resource.status`)."""
    if not path or path == type_:
        return at
    return f"{at}.{path.removeprefix(f'{type_}.')}"
