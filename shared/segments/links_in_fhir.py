"""Who refers to whom: every reference to a known kind, by the path of the element that holds it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from shared.segments.facts import OTHERS, TABLES, LinkFacts, OtherFacts
from shared.segments.in_fhir import Resource, codings_of, text_of, version_of
from shared.segments.relationships import BACK
from shared.segments.rules import Kind, OtherType

MOST = 500
"""References of one resource; those beyond are not followed, by neither evaluator."""
MOST_OF_LINKS = 10_000
"""Of one that stands between many and many."""
LINKS: frozenset[Kind] = frozenset(BACK)
_REFERENCE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_KNOWN = frozenset((*TABLES, *OTHERS, "Patient"))
_NOT_LOOKED_INTO = frozenset({"contained", "text", "extension", "modifierExtension"})
_CODED_IN: Mapping[OtherType, tuple[str, ...]] = {
    "Group": ("code",),
    "Location": ("type",),
    "Organization": ("type",),
    "Practitioner": (),
    "PractitionerRole": ("code", "specialty"),
}


def ref_of(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def references_in(resource: Resource) -> tuple[tuple[str, str], ...]:
    """Give (path, reference), each once, in order: only to the same record, and to kinds that are known.

    Of what stands between many and many, those to patients too.
    """
    found: dict[tuple[str, str], None] = {}
    is_link = resource.get("resourceType") in LINKS
    for one in _within(resource, ""):
        if len(found) >= (MOST_OF_LINKS if is_link else MOST):
            break
        if one[1].startswith("Patient/") and not is_link:
            continue
        found[one] = None
    return tuple(found)


def link_facts(resource: Resource) -> Iterator[LinkFacts]:
    """Flatten its references."""
    for path, reference in references_in(resource):
        yield LinkFacts(ref_of(resource), path, reference, version_of(resource))


def other_facts(resource: Resource) -> OtherFacts | None:
    """Flatten what is nobody's record; None for what is of another kind, or entered in error."""
    kind: OtherType | None = next((one for one in OTHERS if one == resource.get("resourceType")), None)
    other_id = text_of(resource.get("id"))
    if kind is None or other_id is None:
        return None
    status = text_of(resource.get("status"))
    if status is None:
        status = "inactive" if resource.get("active") is False else "active"
    codes = tuple(code for field in _CODED_IN[kind] for code in codings_of(resource.get(field)))
    return OtherFacts(kind, other_id, version_of(resource), codes=codes, status=status, name=_name(resource))


def _name(resource: Resource) -> str | None:
    """Give its name: a person's as text, else the given names and the family's."""
    given: Any = resource.get("name")
    if isinstance(given, str):
        return given or None
    first: Any = cast("list[Any]", given)[0] if isinstance(given, list) and given else None
    if not isinstance(first, Mapping):
        return None
    name = cast("Mapping[str, Any]", first)
    words: list[Any] = [*name.get("given", ()), name.get("family")]
    return text_of(name.get("text")) or " ".join(str(word) for word in words if word) or None


def _within(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _within(one, path)
    if not isinstance(value, Mapping):
        return
    element = cast("Mapping[str, Any]", value)
    reference = element.get("reference")
    named = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
    if path and named and named[1] in _KNOWN:
        yield path, f"{named[1]}/{named[2]}"
    for name, inner in element.items():
        if name not in _NOT_LOOKED_INTO:
            yield from _within(inner, f"{path}.{name}" if path else name)
