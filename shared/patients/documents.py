"""Where what belongs to one person is kept, and how people and their facts are found."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Document, Documents, Index
from shared.kernel.identity import PatientId
from shared.patients.facts import Fact
from shared.patients.handles import Handle
from shared.patients.person import Person

ABOUT = Index("fact", "resource")
"""Whose facts rest on a resource that can no longer say whose it is."""
KNOWN_BY = Index("handle", "key")
"""Who is known by a number, an address, a date or a word of a name, each by its keyed digest."""
DECLARED_BY = Index("projection", "declared")
"""Who was flattened by an older table."""
INDEXES = (ABOUT, KNOWN_BY, DECLARED_BY)

PERSON = "person~current"
PROJECTION = "projection~state"


@dataclass(frozen=True, slots=True)
class Projection:
    """How far the facts of one patient have been brought.

    `complete_as_of` is the business time of the last commit since all of them were there, or up to a minute
    before it; None before.
    While `building_since` is set somebody is going through the record, and every change is marked here: by
    it the builder sees that what it has read may be old. `declared` is the table that flattened the facts.
    """

    patient_id: PatientId
    declared: int
    complete_as_of: datetime | None = None
    building_since: datetime | None = None


def patient_partition(patient_id: PatientId) -> str:
    """Give the partition of one person."""
    return f"patient/{patient_id}"


def fact_id(resource: str) -> str:
    """Name the fact of a resource (`Observation/8`) for what it is."""
    return f"fact~{resource.replace('/', '~', 1)}"


def handle_id(key: str) -> str:
    return f"handle~{key}"


def projection_of(documents: Documents, patient_id: PatientId) -> Document[Projection] | None:
    """Give how far a patient's facts have been brought; None for one who was never projected."""
    return documents.look(patient_partition(patient_id), PROJECTION, Projection)


def person_of(documents: Documents, patient_id: PatientId) -> Document[Person] | None:
    """Give the person as kept here, or None."""
    return documents.look(patient_partition(patient_id), PERSON, Person)


def fact_of(documents: Documents, patient_id: PatientId, resource: str) -> Document[Fact] | None:
    """Give what is kept of one resource, or None."""
    return documents.look(patient_partition(patient_id), fact_id(resource), Fact)


def facts_of(
    documents: Documents, patient_id: PatientId, resource_type: str | None = None
) -> Iterator[Document[Fact]]:
    """Give all facts of a patient, or those of one type, in order of their names."""
    begins = f"fact~{resource_type}~" if resource_type else "fact~"
    after: str | None = begins if resource_type else None
    while True:
        page = documents.list(patient_partition(patient_id), "fact", Fact, after=after)
        for found in page.items:
            if not found.id.startswith(begins):
                return
            yield found
        after = page.next
        if after is None:
            return


def handles_of(documents: Documents, patient_id: PatientId) -> tuple[Document[Handle], ...]:
    """Give all by which a patient can be found."""
    return documents.list(patient_partition(patient_id), "handle", Handle).items


def holders_of(documents: Documents, resource: str) -> Iterator[PatientId]:
    """Give the patients of whom a fact of this resource is kept."""
    after: str | None = None
    while True:
        page = documents.find(ABOUT, Fact, equal_to=resource, after=after)
        yield from (found.body.patient_id for found in page.items)
        after = page.next
        if after is None:
            return
