"""What a kick-off of a bulk export asks for, by its address or in a Parameters resource (fhir.md §2.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from local.fhir_requests import Asked
from shared.adapters.fhir_bundle_entries import Pairs
from shared.adapters.fhir_type_filters import TypeFilter, type_filters_in
from shared.adapters.fhir_validation import known
from shared.fhir.instants import span_of
from shared.fhir.references import reference_of
from shared.fhir.refusals import NotSupported, ResourceTypeUnknown
from shared.kernel.refusals import Nonsense

NDJSON = "application/fhir+ndjson"
_FORMATS = frozenset({NDJSON, "application/ndjson", "ndjson"})
_KNOWN = frozenset({"_type", "_since", "_till", "_outputFormat", "_typeFilter", "patient"})


@dataclass(frozen=True, slots=True)
class KickOff:
    """What is asked, read; `patients` is None where it is not about some of them."""

    types: tuple[str, ...]
    since: int | None
    until: int | None
    filters: tuple[TypeFilter, ...]
    patients: tuple[str, ...] | None


def kick_off_in(asked: Asked) -> KickOff:
    """Read it. Raises `Nonsense`, or `NotSupported` for what cannot be given and shall not be passed over.

    Whose resources are wanted is never passed over, and never read from an address, which is written down
    on its way.
    """
    if not asked.asynchronous:
        raise Nonsense(("Prefer", "an export is only answered later: respond-async"))
    is_posted = asked.http.method == "POST"
    pairs = tuple(_parameters(asked)) if is_posted else asked.pairs
    said = dict(pairs)
    if not asked.lenient and not said.keys() <= _KNOWN:
        raise NotSupported(("", "a parameter of the export is unknown or not supported"))
    if "patient" in said and not is_posted:
        raise Nonsense(("patient", "only in a POST"))
    if said.get("_outputFormat", "ndjson").replace(" ", "+") not in _FORMATS:
        raise NotSupported(("_outputFormat", "only NDJSON is written"))
    types = _types(pairs)
    filters = type_filters_in(
        [value for name, value in pairs if name == "_typeFilter"], among=types, lenient=asked.lenient
    )
    return KickOff(types, _instant(said, "_since"), _instant(said, "_till"), tuple(filters), _patients(pairs))


def _parameters(asked: Asked) -> Iterator[tuple[str, str]]:
    """Read a Parameters resource as the pairs that an address would have."""
    resource = asked.resource()
    listed: Any = resource.get("parameter", [])
    if resource.get("resourceType") != "Parameters" or not isinstance(listed, list):
        raise Nonsense(("resourceType", "a kick-off is POSTed as Parameters"))
    for place, one in enumerate(cast("list[Any]", listed)):
        part = cast("dict[str, Any]", one) if isinstance(one, dict) else {}
        values = [held for name, held in part.items() if name.startswith("value")]
        value = values[0] if len(values) == 1 else None
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get("reference")
        if not isinstance(name := part.get("name"), str) or not isinstance(value, str):
            raise Nonsense((f"Parameters.parameter[{place}]", "not a name with one value"))
        yield name, value


def _types(pairs: Pairs) -> tuple[str, ...]:
    named = [type_ for name, value in pairs if name == "_type" for type_ in value.split(",")]
    try:
        return tuple(known(type_) for type_ in named)
    except ResourceTypeUnknown:
        raise Nonsense(("_type", "not a resource type of R4")) from None


def _instant(said: dict[str, str], name: str) -> int | None:
    try:
        return span_of(said[name].replace(" ", "+")).low if name in said else None
    except ValueError:
        raise Nonsense((name, "not an instant")) from None


def _patients(pairs: Pairs) -> tuple[str, ...] | None:
    texts = [value for name, value in pairs if name == "patient"]
    if not texts:
        return None
    found = [reference_of(text) for text in texts]
    if any(one is None or one.type != "Patient" or one.base for one in found):
        raise Nonsense(("patient", "not a reference to a patient"))
    return tuple(dict.fromkeys(one.id for one in found if one is not None))
