"""What a resource is known by beside its id: values that stand in others too (FH-14)."""

from collections.abc import Iterator

from shared.patients.named_otherwise import identifier_key, named_otherwise
from shared.patients.references import identifiers_of, patient_of
from shared.segments.facts import IDENTIFIER, SUBJECT, WHOSE, ValueFacts
from shared.segments.in_fhir import Resource, version_of
from shared.segments.links_in_fhir import ref_of


def value_facts(resource: Resource, *, counts: bool) -> Iterator[ValueFacts]:
    """Flatten them: a Patient's identifiers; of an Encounter that does not count itself, whose it is.

    By an Encounter in error what came about in it is still its patient's, as intake finds it.
    """
    for name, value in _values(resource, counts=counts):
        yield ValueFacts(ref_of(resource), name, value, version_of(resource))


def _values(resource: Resource, *, counts: bool) -> Iterator[tuple[str, str]]:
    type_ = resource["resourceType"]
    if type_ == "Patient":
        yield from (
            (IDENTIFIER, key) for key in sorted(identifier_key(*one) for one in identifiers_of(resource))
        )
    elif type_ == "Encounter" and not counts:
        named, otherwise = patient_of(resource), named_otherwise(resource)
        if named is not None:
            yield SUBJECT, named
        elif otherwise is not None:
            yield WHOSE, otherwise
