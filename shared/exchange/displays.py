"""What people are told of a code that comes without words (FH-5)."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from shared.exchange.model import CodeableConcept
from shared.fhir.ports import Resource


def with_displays(resource: Resource, concepts: Sequence[CodeableConcept]) -> Resource:
    """Give the resource with a display for each coding that has none and that the table names."""
    texts = {(one.system, one.code): one.text for one in concepts}
    return cast("Resource", _told(resource, texts)) if texts else resource


def _told(value: Any, texts: Mapping[tuple[str, str], str]) -> Any:
    if isinstance(value, list):
        return [_told(part, texts) for part in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    made = {name: _told(part, texts) for name, part in cast("Resource", value).items()}
    system, code = made.get("system"), made.get("code")
    if "display" not in made and isinstance(system, str) and isinstance(code, str) and "unit" not in made:
        text = texts.get((system, code))
        return made if text is None else {**made, "display": text}
    return made
