"""Whether an attribute of a resource says the same in two of its versions (FH-10): pure.

What is compared is what is meant, not how it is written: see `meaning_at`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from shared.fhir.elements import found_at
from shared.fhir.instants import span_of
from shared.fhir.ports import Resource
from shared.fhir.references import reference_of

_SAYS_NOTHING = frozenset({"id", "display", "userSelected"})
"""Of an element: its id, and the words that only show a code or a reference to people."""


def changed_between(before: Resource, after: Resource, paths: Iterable[str]) -> tuple[str, ...]:
    """Give those of the paths whose attributes differ, whether in what they say or in being there at all."""
    return tuple(path for path in paths if meaning_at(before, path) != meaning_at(after, path))


def meaning_at(resource: Resource, path: str) -> object:
    """Give what stands at a path, so that two of the same meaning are equal; nothing is the same as absent.

    Lists of objects have no order, nor have codings; texts in a list (given names, lines of an address) have.
    A decimal is its value, however precisely it is written (8.1 is 8.10), and a time its instant, in whatever
    zone; a day is not its first minute. A code is its system and code, never its display, and a quantity's
    unit its code where it has one. A version-specific reference points at the same as one without.
    """
    return _Unordered.of(map(_meaning, found_at(resource, path.split("."))))


class _Unordered(frozenset[tuple[object, int]]):
    """What has no order, but may be there twice."""

    @classmethod
    def of(cls, items: Iterable[object]) -> "_Unordered":
        return cls(Counter(item for item in items if item is not None).items())


def _meaning(value: Any) -> object:
    match value:
        case None | "":
            return None
        case bool():
            return ("truth", value)
        case int() | float():
            return ("number", _number(value))
        case str():
            return _meaning_of_text(value)
        case list():
            return _meaning_of_list(cast("list[Any]", value))
        case _:
            return _meaning_of_object(cast("dict[str, Any]", value))


def _number(value: float) -> object:
    """Give its value in decimals, as it is written: as a float, two that differ might be equal."""
    try:
        return Decimal(getattr(value, "text", repr(value))).normalize()
    except InvalidOperation:
        return value


def _meaning_of_text(text: str) -> object:
    if "T" in text[:11]:
        try:
            return ("time", span_of(text).low)
        except (ValueError, OverflowError):
            return text
    return text


def _meaning_of_list(values: list[Any]) -> object:
    if any(isinstance(value, dict) for value in values):
        return _Unordered.of(map(_meaning, values)) or None
    return tuple(map(_meaning, values)) or None


def _meaning_of_object(parts: Mapping[str, Any]) -> object:
    said = {name: _meaning(value) for name, value in parts.items() if name not in _SAYS_NOTHING}
    if "code" in said and "value" in said:
        said.pop("unit", None)
    if "system" in said and "code" in said:
        said.pop("version", None)
    if isinstance(pointed := parts.get("reference"), str):
        read = reference_of(pointed)
        said["reference"] = pointed if read is None else (read.base, read.text)
    return frozenset((name, value) for name, value in said.items() if value is not None) or None
