"""By which elements one kind of resource refers to another, and which of those segments may follow (UN-12).

All are many-to-one: many resources may refer to one. What is many-to-many goes by a kind that refers to both,
as a PractitionerRole does: forward to the one, back from the other.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from shared.kernel.documents import Document, Documents
from shared.kernel.refusals import Conflict
from shared.segments.rules import Hop, Kind

FARTHEST = 20
"""Steps in one way."""
PATH = re.compile(r"[a-z][A-Za-z]{0,39}(\.[a-z][A-Za-z]{0,39}){0,5}")
PARTITION = "relationships/organisation"
KIND = "relationship"

From = Kind | Literal["Patient"]
_WHO: tuple[Kind, ...] = ("Practitioner", "PractitionerRole", "Organization")
_PEOPLE: tuple[Kind, ...] = ("Practitioner", "PractitionerRole")

KNOWN: Mapping[From, Mapping[str, Sequence[Kind]]] = MappingProxyType(
    {
        "Patient": {"generalPractitioner": _WHO, "managingOrganization": ("Organization",)},
        "AllergyIntolerance": {"encounter": ("Encounter",), "recorder": _PEOPLE},
        "Appointment": {"participant.actor": (*_PEOPLE, "Location")},
        "CarePlan": {"encounter": ("Encounter",), "author": _WHO, "addresses": ("Condition",)},
        "CareTeam": {"encounter": ("Encounter",), "managingOrganization": ("Organization",)},
        "Condition": {"encounter": ("Encounter",), "recorder": _PEOPLE, "asserter": _PEOPLE},
        "Coverage": {"payor": ("Organization",)},
        "DiagnosticReport": {"encounter": ("Encounter",), "performer": _WHO, "result": ("Observation",)},
        "Encounter": {
            "serviceProvider": ("Organization",),
            "partOf": ("Encounter",),
            "location.location": ("Location",),
            "participant.individual": _PEOPLE,
            "appointment": ("Appointment",),
            "diagnosis.condition": ("Condition", "Procedure"),
        },
        "Immunization": {"encounter": ("Encounter",), "location": ("Location",), "performer.actor": _WHO},
        "Location": {"managingOrganization": ("Organization",), "partOf": ("Location",)},
        "MedicationRequest": {
            "encounter": ("Encounter",),
            "requester": _WHO,
            "reasonReference": ("Condition", "Observation"),
        },
        "Observation": {"encounter": ("Encounter",), "performer": _WHO, "hasMember": ("Observation",)},
        "Organization": {"partOf": ("Organization",)},
        "PractitionerRole": {
            "practitioner": ("Practitioner",),
            "organization": ("Organization",),
            "location": ("Location",),
        },
        "Procedure": {"encounter": ("Encounter",), "location": ("Location",), "performer.actor": _WHO},
    }
)
"""What FHIR R4 says of these resources, where both ends are known here."""
BACK: Mapping[str, str] = MappingProxyType(
    {"practitioner": "practitioner", "organization": "organization", "location": "location"}
)
"""Elements of a PractitionerRole that can be gone back by, with the search parameters that find by them."""


class RelationshipIsInUse(Conflict):
    """A live segment goes by this relationship."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """An element by which a house's resources of one type refer to those of another.

    By one that is retired nobody may go any more.
    """

    id: str
    name: str
    from_type: From
    path: str
    to_type: Kind
    is_retired: bool = False

    def allows(self, at: From, hop: Hop) -> bool:
        is_it = (at, hop.by, hop.to) == (self.from_type, self.path, self.to_type)
        return is_it and not hop.back and not self.is_retired


def relationship_id(relationship: str) -> str:
    return f"{KIND}~{relationship}"


def relationships_in(documents: Documents) -> Sequence[Relationship]:
    """Give those that the house has added."""
    return tuple(found.body for found in relationships_with_etags(documents))


def relationships_with_etags(documents: Documents) -> Iterator[Document[Relationship]]:
    after: str | None = None
    while True:
        page = documents.list(PARTITION, KIND, Relationship, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def is_known(at: From, hop: Hop, added: Sequence[Relationship]) -> bool:
    """Say whether one may go from a kind by this step."""
    if hop.back:
        return hop.to == "PractitionerRole" and hop.by in BACK and at in KNOWN["PractitionerRole"][hop.by]
    return hop.to in KNOWN.get(at, {}).get(hop.by, ()) or any(one.allows(at, hop) for one in added)
