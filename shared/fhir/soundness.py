"""Whether a resource can be kept at all: not nested beyond sense, and pointing only at what could be there.

References are read as http://hl7.org/fhir/R4/references.html says: `Type/id`, an absolute address, `#id` of
something contained (ref-1), or `Type?condition`, which is resolved when it is written.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from shared.fhir.references import reference_of
from shared.fhir.resource_types import R4_TYPES
from shared.kernel.refusals import Nonsense

MOST_LEVELS = 200
"""Objects and arrays in each other. Writers of JSON give up at 254; no form anybody answers comes near."""
_OUR_WORD = re.compile(r"[A-Za-z_]{1,40}")
_ABSOLUTE = ("http://", "https://", "urn:")

Place = tuple[Any, str, frozenset[str]]
"""A value, its FHIRPath, and the ids contained in the resource around it."""


def require_shallow(value: Any) -> None:
    """Raise `Nonsense` for what is nested too deeply to be read by everybody."""
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [part for item in level for part in _parts(item) if isinstance(part, dict | list)]
        if not level:
            return
    raise Nonsense(("", f"nested more than {MOST_LEVELS} times"))


def require_references(type_: str, resource: dict[str, Any]) -> None:
    """Raise `Nonsense`, by path, for references that can lead nowhere."""
    places: list[Place] = [(resource, type_, _contained_in(resource))]
    while places:
        value, path, contained = places.pop()
        if isinstance(value, dict):
            places += _inside(cast("dict[str, Any]", value), path, contained)
        else:
            items = cast("list[Any]", value)
            places += [(item, f"{path}[{n}]", contained) for n, item in enumerate(items) if _parts(item)]


def _inside(value: dict[str, Any], path: str, contained: frozenset[str]) -> Iterator[Place]:
    if "resourceType" in value and not path.endswith("]"):
        contained = _contained_in(value)
    for name, part in value.items():
        if name == "reference" and isinstance(part, str):
            _require_reference(part, f"{path}.{name}", contained)
        elif isinstance(part, dict | list):
            step = name if _OUR_WORD.fullmatch(name) else "?"  # it could itself be a value (D17)
            yield part, f"{path}.{step}", contained


def _require_reference(text: str, path: str, contained: frozenset[str]) -> None:
    if text.startswith("#"):
        if text != "#" and text[1:] not in contained:
            raise Nonsense((path, "a reference to what is not contained (ref-1)"))
    elif not text.startswith(_ABSOLUTE):
        type_, condition, _ = text.partition("?")
        reference = reference_of(text)
        if (type_ if condition else reference and reference.type) not in R4_TYPES:
            raise Nonsense((path, "not of the form Type/id"))


def _contained_in(resource: dict[str, Any]) -> frozenset[str]:
    contained: Any = resource.get("contained")
    items = cast("list[Any]", contained) if isinstance(contained, list) else []
    ids = (cast("dict[str, Any]", item).get("id") for item in items if isinstance(item, dict))
    return frozenset(id_ for id_ in ids if isinstance(id_, str))


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value).values())
    return cast("list[Any]", value) if isinstance(value, list) else []
