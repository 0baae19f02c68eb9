"""A FHIR Bundle that somebody sends, read into what is asked of each entry (FH-6).

http://hl7.org/fhir/R4/bundle.html and http.html#transaction, as far as it can be sent again without harm:
every resource has an id before it is written (`settle_bundle`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast
from urllib.parse import parse_qsl

from shared.exchange.ports import FhirReading
from shared.fhir.ports import Resource
from shared.fhir.references import ID
from shared.fhir.resource_types import R4_TYPES
from shared.kernel.problems import Problem
from shared.kernel.refusals import Nonsense

BundleType = Literal["transaction", "batch", "collection"]
Method = Literal["POST", "PUT", "DELETE"]
BUNDLE_TYPES: Mapping[str, BundleType] = {
    "transaction": "transaction",
    "batch": "batch",
    "collection": "collection",
}
_METHODS: Mapping[str, Method] = {"POST": "POST", "PUT": "PUT", "DELETE": "DELETE"}
MOST_ENTRIES = 500
MOST_PROBLEMS = 20
_URN = re.compile(r"urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
_WEAK_ETAG = re.compile(r'W/"(\d{1,18})"')
_OF_THE_ANSWER = frozenset(
    {
        "_contained",
        "_containedType",
        "_count",
        "_elements",
        "_format",
        "_include",
        "_maxresults",
        "_pretty",
        "_revinclude",
        "_score",
        "_sort",
        "_summary",
        "_total",
    }
)
"""Search parameters that say how to answer, and not what is meant (search.html#return)."""

Condition = tuple[tuple[str, str], ...]
"""A search, as pairs; what meets it is what is meant (http.html#cond-update)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One entry, read: `place` is where it stood, and `id` None where a condition says which is meant."""

    place: int
    method: Method
    type: str
    id: str | None
    resource: Resource | None
    if_match: int | None = None
    condition: Condition | None = None
    full_url: str | None = None


@dataclass(frozen=True, slots=True)
class AskedBundle:
    """What was sent, read entry by entry."""

    type: BundleType
    entries: tuple[Asked, ...]


def bundle_in(body: bytes, reading: FhirReading) -> AskedBundle:
    """Read a bundle. Raises `Nonsense` with what is wrong, by paths such as `entry[3].request.url`."""
    bundle = reading.json_in(body)
    if not isinstance(bundle, dict) or cast("Resource", bundle).get("resourceType") != "Bundle":
        raise Nonsense(("resourceType", "not a Bundle"))
    held = cast("Resource", bundle)
    kind = BUNDLE_TYPES.get(str(held.get("type")))
    if kind is None:
        raise Nonsense(("type", "neither transaction, batch nor collection"))
    problems: list[Problem] = []
    entries = _entries(held.get("entry"))
    asked = [one for place, entry in enumerate(entries) if (one := _asked(place, entry, kind, problems))]
    if problems:
        raise Nonsense(*problems[:MOST_PROBLEMS])
    return AskedBundle(kind, tuple(asked))


def condition_in(text: str, path: str) -> Condition:
    """Read `identifier=system|value`. Raises `Nonsense`, by the path, for what is no condition."""
    try:
        pairs = tuple(parse_qsl(text.removeprefix("?"), keep_blank_values=True, strict_parsing=True))
    except ValueError:
        raise Nonsense((path, "not a search")) from None
    if not pairs or any(name.partition(":")[0] in _OF_THE_ANSWER or not value for name, value in pairs):
        raise Nonsense((path, "not a search for one resource"))
    return pairs


def _entries(held: Any) -> Sequence[Any]:
    if not isinstance(held, list) or not held:
        raise Nonsense(("entry", "missing, or no list of entries"))
    entries = cast("list[Any]", held)
    if len(entries) > MOST_ENTRIES:
        raise Nonsense(("entry", f"more than {MOST_ENTRIES}"))
    return entries


def _asked(place: int, entry: Any, kind: BundleType, problems: list[Problem]) -> Asked | None:
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


def _collected(place: int, entry: Resource) -> Asked:
    """Read an entry of a collection, which asks for nothing: the resource shall be as it is there."""
    resource = _resource(entry)
    type_ = _type(resource.get("resourceType"), "resource.resourceType")
    own = resource.get("id")
    id_ = own if isinstance(own, str) else _uuid(entry)
    if id_ is None or not ID.fullmatch(id_):
        raise Nonsense(("resource.id", "needed, or a fullUrl that is a urn:uuid"))
    return Asked(place, "PUT", type_, id_, {**resource, "id": id_}, full_url=_full_url(entry))


def _requested(place: int, entry: Resource) -> Asked:
    asked = entry.get("request")
    if not isinstance(asked, dict):
        raise Nonsense(("request", "missing"))
    request = cast("Resource", asked)
    method = _METHODS.get(str(request.get("method")))
    if method is None:
        raise Nonsense(("request.method", "neither POST, PUT nor DELETE"))
    for name in ("ifNoneMatch", "ifModifiedSince"):
        if request.get(name) is not None:
            raise Nonsense((f"request.{name}", "only a reading can be asked for so"))
    url = request.get("url")
    path, mark, query = url.partition("?") if isinstance(url, str) else ("", "", "")
    type_, _, id_ = path.partition("/")
    type_ = _type(type_, "request.url")
    if method == "POST":
        return _posted(place, entry, request, type_, f"{id_}{mark}")
    if request.get("ifNoneExist") is not None:
        raise Nonsense(("request.ifNoneExist", "only for a POST"))
    resource = None if method == "DELETE" else _resource(entry)
    if_match = _version(request.get("ifMatch"))
    if mark and not id_:
        condition = condition_in(query, "request.url")
        own = None if resource is None else resource.get("id")
        if own is not None and not (isinstance(own, str) and ID.fullmatch(own)):
            raise Nonsense(("resource.id", "not a FHIR id"))
        return Asked(place, method, type_, own, resource, if_match, condition, _full_url(entry))
    if mark or not ID.fullmatch(id_):
        raise Nonsense(("request.url", "neither of the form Type/id nor Type?condition"))
    return Asked(place, method, type_, id_, resource, if_match, full_url=_full_url(entry))


def _posted(place: int, entry: Resource, request: Resource, type_: str, rest: str) -> Asked:
    uuid, said = _uuid(entry), request.get("ifNoneExist")
    if rest:
        raise Nonsense(("request.url", "a POST goes to a type"))
    if request.get("ifMatch") is not None:
        raise Nonsense(("request.ifMatch", "what is POSTed has no version yet"))
    condition = None
    if said is not None:
        condition = condition_in(said if isinstance(said, str) else "", "request.ifNoneExist")
    elif uuid is None:
        raise Nonsense(
            (
                "fullUrl",
                "what is POSTed needs a urn:uuid or ifNoneExist, by which it is known when it comes again",
            )
        )
    id_ = uuid if condition is None else None  # its UUID is another each time that it is sent
    return Asked(place, "POST", type_, id_, _resource(entry), None, condition, _full_url(entry))


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


def _full_url(entry: Resource) -> str | None:
    """Give the name by which other entries may refer to it; a UUID is the same in capitals."""
    url = entry.get("fullUrl")
    if not isinstance(url, str):
        return None
    uuid = _uuid(entry)
    return f"urn:uuid:{uuid}" if uuid else url
