"""Which columns a type of resource can have (FH-5): what is said of them is held against R4's elements."""

import re
from collections.abc import Iterator, Sequence

from shared.exchange.element_paths import ElementPath, path_of
from shared.exchange.model import AttributeMap
from shared.exchange.ports import Element, FhirElements
from shared.kernel.problems import Problem
from shared.kernel.refusals import Nonsense

MOST_ATTRIBUTES = 200
CONCEPTS = frozenset({"concept_name", "concept_text", "concept_code", "concept_type"})
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_TEXTS = frozenset({"string", "code", "id", "uri", "url", "canonical", "markdown", "oid", "uuid"})
_HOLDS = {
    "text": _TEXTS,
    "boolean": frozenset({"boolean"}),
    "integer": frozenset({"integer", "positiveInt", "unsignedInt"}),
    "decimal": frozenset({"decimal"}),
    "date": frozenset({"date"}),
    "date_time": frozenset({"dateTime"}),
    "instant": frozenset({"instant"}),
    "time": frozenset({"time"}),
    **dict.fromkeys(CONCEPTS, frozenset({"CodeableConcept"})),
}


def problems_of(
    attributes: Sequence[AttributeMap], resource_type: str, elements: FhirElements
) -> Iterator[Problem]:
    """Name what is wrong, by paths such as `attributes.3.path`."""
    if len(attributes) > MOST_ATTRIBUTES:
        yield "attributes", f"more than {MOST_ATTRIBUTES}"
        return
    columns: set[str] = set()
    written: list[ElementPath] = []
    for place, one in enumerate(attributes):
        at = f"attributes.{place}"
        if not _COLUMN.fullmatch(one.column):
            yield f"{at}.column", "not 1 to 60 letters, digits and _, the first a letter"
        elif one.column in columns:
            yield f"{at}.column", "a column twice"
        columns.add(one.column)
        yield from ((f"{at}.{field}", problem) for field, problem in _of_concepts(one))
        try:
            path = path_of(one.path)
            _require_leads(path, one, resource_type, elements)
        except Nonsense as no:
            yield from ((f"{at}.{field or 'path'}", problem) for field, problem in no.fields)
            continue
        if one.is_written and any(_stands_in(path, other) for other in written):
            yield f"{at}.path", "another column is written there"
        if one.is_written:
            written.append(path)


def _of_concepts(one: AttributeMap) -> Iterator[Problem]:
    if one.concepts is not None and one.type not in CONCEPTS:
        yield "concepts", "only for a column of concepts"
    if one.type == "concept_type" and one.is_written:
        yield "is_written", "a type alone does not say which concept"


def _require_leads(path: ElementPath, one: AttributeMap, resource_type: str, elements: FhirElements) -> None:
    """Raise `Nonsense` unless R4 has every step of the way, and a value of the column's type at its end."""
    if path.names == ("id",):
        raise Nonsense(("path", "a row says its id itself"))
    if path.names[0] == "meta" and one.is_written:
        raise Nonsense(("is_written", "the record's server sets it"))
    found = _walked(path, (), resource_type, elements)
    if found.type not in _HOLDS[one.type]:
        raise Nonsense(("type", f"R4 has a {found.type} there"))


def _walked(
    path: ElementPath, behind: tuple[str, ...], resource_type: str, elements: FhirElements
) -> Element:
    found: Element | None = None
    for number, step in enumerate(path.steps):
        names = (*behind, *path.names[: number + 1])
        found = elements.element_at(resource_type, names)
        if found is None:
            raise Nonsense(("path", "leads to no element of R4"))
        if found.repeats != step.is_of_several:
            which = "needs [n] or where(...)" if found.repeats else "takes neither [n] nor where(...)"
            raise Nonsense(("path", f"step {number + 1} {which}"))
        for condition in step.conditions:
            if _walked(condition.path, names, resource_type, elements).type not in _TEXTS:
                raise Nonsense(("path", "a condition is about a text or a code"))
    if found is None:
        raise Nonsense(("path", "leads to no element of R4"))
    return found


def _stands_in(one: ElementPath, other: ElementPath) -> bool:
    """Say whether one of the two is the other, or a part of it."""
    shorter = min(len(one.steps), len(other.steps))
    return one.steps[:shorter] == other.steps[:shorter]
