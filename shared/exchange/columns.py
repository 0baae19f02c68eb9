"""A resource as the columns of its map, and back (FH-5).

What is written into a column is what is read out of it; a column that already says so is left as it is, so
that a row which is given out and comes back changes nothing.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.exchange.attributes import CONCEPTS
from shared.exchange.element_paths import found_at, path_of, standing_at
from shared.exchange.model import AttributeMap, CodeableConcept, EntityMap
from shared.fhir.exact_json import Decimal
from shared.fhir.instants import span_of
from shared.fhir.ports import Resource
from shared.kernel.refusals import Nonsense
from shared.patients.in_fhir import mapping_of, mappings_of

ColumnValue = str | bool | int | float | None
LONGEST_TEXT = 4000
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,18})?")
_SHAPES = {
    "date": re.compile(r"\d{4}(-\d\d(-\d\d)?)?"),
    "date_time": re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?)?)?"),
    "instant": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"),
    "time": re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """What a resource says in each column; None where nothing stands.

    `unnamed` are those of which the record has a code that the table of codeable concepts does not name.
    """

    values: Mapping[str, ColumnValue]
    unnamed: tuple[str, ...] = ()


def columns_of(resource: Mapping[str, Any], entity_map: EntityMap) -> Columns:
    """Read all columns of the map."""
    held = {one: found_at(resource, path_of(one.path)) for one in entity_map.attributes}
    values = {one.column: _said(one, there, entity_map.concepts) for one, there in held.items()}
    unnamed = tuple(
        one.column
        for one, there in held.items()
        if one.type in CONCEPTS
        and there is not None
        and _concept_in(there, _those(one, entity_map.concepts)) is None
    )
    return Columns(values, unnamed)


def with_columns(resource: Resource, columns: Mapping[str, ColumnValue], entity_map: EntityMap) -> Resource:
    """Give the resource with what these columns say; None takes away, and what is not named stays.

    Raises `Nonsense` with the columns that cannot say so.
    """
    by_name = {one.column: one for one in entity_map.attributes}
    problems: list[tuple[str, str]] = []
    made = resource
    for name, value in columns.items():
        try:
            made = _with(made, by_name.get(name), value, entity_map)
        except Nonsense as no:
            problems += [(name if name in by_name else "?", problem) for _, problem in no.fields]
    if not problems:
        says = columns_of(made, entity_map).values
        problems = [
            (name, "stands in the way of another column, or another in its way")
            for name, value in columns.items()
            if not _is_same(says[name], value)
        ]
    if problems:
        raise Nonsense(*problems)
    return made


def _with(
    resource: Resource, attribute: AttributeMap | None, value: ColumnValue, entity_map: EntityMap
) -> Resource:
    if attribute is None:
        raise Nonsense(("", "no column of this type's map"))
    path = path_of(attribute.path)
    if _is_same(_said(attribute, found_at(resource, path), entity_map.concepts), value):
        return resource
    if not attribute.is_written:
        raise Nonsense(("", "is only read"))
    return standing_at(resource, path, None if value is None else _spelt(attribute, value, entity_map))


def _spelt(attribute: AttributeMap, value: ColumnValue, entity_map: EntityMap) -> Any:
    """Give what stands in the resource for this value. Raises `Nonsense`."""
    type_ = attribute.type
    if type_ in CONCEPTS:
        return _concept(attribute, value, entity_map)
    if type_ == "boolean" and isinstance(value, bool):
        return value
    if type_ == "integer" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if type_ == "decimal":
        return _decimal(value)
    if isinstance(value, str) and value.strip() and len(value) <= LONGEST_TEXT:
        shape = _SHAPES.get(type_)
        if type_ == "text" or (shape and shape.fullmatch(value) and _is_a_day(type_, value)):
            return value
    raise Nonsense(("", f"no {type_.replace('_', ' ')}"))


def _decimal(value: ColumnValue) -> float:
    """Read a number; one spelt as text keeps its zeros: 7.50 is not 7.5."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise Nonsense(("", "no decimal"))


def _is_a_day(type_: str, text: str) -> bool:
    if type_ == "time":
        return True
    try:
        span_of(text)
    except ValueError:
        return False
    return True


def _concept(attribute: AttributeMap, value: ColumnValue, entity_map: EntityMap) -> Resource:
    found = [one for one in _those(attribute, entity_map.concepts) if _field(attribute, one) == value]
    if len(found) != 1:
        raise Nonsense(("", "several codeable concepts are called so" if found else "no codeable concept"))
    (one,) = found
    coding = {"system": one.system, "code": one.code, "display": one.text}
    return {"coding": [coding], "text": one.text}


def _said(attribute: AttributeMap, there: Any, concepts: Sequence[CodeableConcept]) -> ColumnValue:
    """Read a column; what is there in another shape than the column's says nothing in it."""
    if attribute.type in CONCEPTS:
        found = _concept_in(there, _those(attribute, concepts))
        if found is not None:
            return _field(attribute, found)
        return _words_of(there) if attribute.type == "concept_text" else None
    if attribute.type == "boolean":
        return there if isinstance(there, bool) else None
    if attribute.type in ("integer", "decimal"):
        return there if isinstance(there, int | float) and not isinstance(there, bool) else None
    return there if isinstance(there, str) else None


def _those(attribute: AttributeMap, concepts: Sequence[CodeableConcept]) -> list[CodeableConcept]:
    return [one for one in concepts if attribute.concepts in (None, one.type)]


def _field(attribute: AttributeMap, concept: CodeableConcept) -> str | None:
    held: str | None = getattr(concept, attribute.type.removeprefix("concept_"))
    return held


def _concept_in(there: Any, concepts: Sequence[CodeableConcept]) -> CodeableConcept | None:
    """Find the first of its codings that the table names; a display says nothing (fhir.md §1)."""
    known: dict[tuple[Any, Any], CodeableConcept] = {(one.system, one.code): one for one in concepts}
    codings = ((one.get("system"), one.get("code")) for one in mappings_of(mapping_of(there).get("coding")))
    return next((known[one] for one in codings if one in known), None)


def _words_of(there: Any) -> str | None:
    """Give the record's own words for what the table does not name."""
    displays = (one.get("display") for one in mappings_of(mapping_of(there).get("coding")))
    words = (mapping_of(there).get("text"), *displays)
    return next((one for one in words if isinstance(one, str)), None)


def _is_same(one: ColumnValue, other: ColumnValue) -> bool:
    """Compare as FHIR means it: 7.50 is as much as 7.5, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float | int) and isinstance(other, str):
        return bool(_DECIMAL.fullmatch(other)) and float(other) == one
    return one == other
