"""What a resource is known by beside its id: values that others have too (FH-14, UN-12)."""

from collections.abc import Iterator
from functools import partial

from shared.patients.find_patient import escaped
from shared.patients.in_fhir import mapping_of, mappings_of
from shared.patients.named_otherwise import digest_of, named_otherwise
from shared.patients.references import identifiers_of, patient_of
from shared.segments.facts import IDENTIFIER, SUBJECT, WHOSE, ValueFacts
from shared.segments.in_fhir import Resource, record_facts, text_of, version_of
from shared.segments.links_in_fhir import other_facts, ref_of
from shared.segments.relationships import COMPARED


def compared_in(resource: Resource, value: str) -> frozenset[str]:
    """Give what it has of a value by which resources may belong together (`relationships.COMPARED`).

    An identifier is spelt as a search asks for it, a code as facts do.
    """
    if resource["resourceType"] not in COMPARED[value].held_by:
        return frozenset()
    return frozenset(_FOUND[value](resource))


def value_facts(resource: Resource, *, counts: bool) -> Iterator[ValueFacts]:
    """Flatten them, as digests: equality is all that is asked of them. Codes stand in its own row.

    Of what does not count nothing is given but whose an Encounter is: by one in error, what came about in it
    is still its patient's, as intake finds it.
    """
    told = partial(ValueFacts, ref_of(resource), version=version_of(resource))
    if counts:
        for name in COMPARED:
            if name != "code":
                yield from (told(name, one) for one in sorted(map(digest_of, compared_in(resource, name))))
    elif resource["resourceType"] == "Encounter":
        named, otherwise = patient_of(resource), named_otherwise(resource)
        if named is not None:
            yield told(SUBJECT, named)
        elif otherwise is not None:
            yield told(WHOSE, otherwise)


def _identifiers(resource: Resource) -> Iterator[str]:
    yield from (escaped(*one) for one in identifiers_of(resource))


def _codes(resource: Resource) -> Iterator[str]:
    facts = other_facts(resource) or record_facts(resource)
    yield from facts.codes if facts else ()


def _names(resource: Resource) -> Iterator[str]:
    name = text_of(resource.get("name"))
    if name:
        yield name


def _of_addresses(element: str, resource: Resource) -> Iterator[str]:
    held = resource.get("address")
    for address in mappings_of(held) if isinstance(held, list) else (mapping_of(held),):
        found = text_of(address.get(element))
        if found:
            yield found


_FOUND = {
    "city": partial(_of_addresses, "city"),
    "code": _codes,
    IDENTIFIER: _identifiers,
    "name": _names,
    "postal_code": partial(_of_addresses, "postalCode"),
}
