"""Resources as the bytes that are stored and sent: what was posted, with only `meta` made ours."""

from datetime import datetime
from typing import Any

import orjson

from shared.fhir.exact_json import Decimal, read_exactly, read_strictly
from shared.fhir.instants import instant_text
from shared.fhir.soundness import require_shallow
from shared.kernel.refusals import Nonsense

Resource = dict[str, Any]

_SET_BY_THE_SERVER = frozenset({"versionId", "lastUpdated"})


def resource_in(body: bytes) -> Resource:
    """Read what was posted. Raises `Nonsense` unless it is one JSON object."""
    resource = json_in(body)
    if not isinstance(resource, dict):
        raise Nonsense(("", "not a JSON object"))
    return resource  # pyright: ignore[reportUnknownVariableType]  # JSON is untyped


def json_in(body: bytes) -> Any:
    """Read JSON from outside. Raises `Nonsense` for what is none, or means nothing certain."""
    if body.lstrip()[:1] == b"<":
        raise Nonsense(("", "XML, and only JSON is read here"))
    try:
        orjson.loads(body)  # strict where the standard library is not: NaN, lone surrogates, bad UTF-8
        value = read_strictly(body.decode())
    except (ValueError, RecursionError):
        raise Nonsense(("", "malformed JSON")) from None
    require_shallow(value)
    return value


def body_of(resource: Resource) -> bytes:
    """Spell a resource as it was written, decimals too. Raises `Nonsense` for what JSON cannot hold."""
    try:
        return orjson.dumps(resource, default=_as_written)
    except TypeError:
        raise Nonsense(("", "not JSON")) from None


def stamped(resource: Resource, version: int, at: datetime) -> Resource:
    """Give the resource with the version and time that the server sets; nothing else is touched."""
    meta: Resource = resource.get("meta") or {}
    return {**resource, "meta": {**meta, "versionId": str(version), "lastUpdated": instant_text(at)}}


def says_the_same(resource: Resource, stored: bytes) -> bool:
    """Whether the resource differs from the stored one in nothing but what the server sets."""
    return _canonical(resource) == _canonical(read_exactly(stored.decode()))


def _canonical(resource: Resource) -> bytes:
    meta: Resource = resource.get("meta") or {}
    ours = {name: value for name, value in meta.items() if name not in _SET_BY_THE_SERVER}
    return orjson.dumps({**resource, "meta": ours}, default=_as_written, option=orjson.OPT_SORT_KEYS)


def _as_written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(value.text)
    raise TypeError
