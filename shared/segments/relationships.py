"""By which ways one kind of resource leads to another, and which of those segments may go (UN-12).

A way is a step by an element that refers, or by a value that both have. Where many belong to many, a kind
that refers to both stands between: back to it from the one, forward to the other.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from shared.kernel.documents import Document, Documents
from shared.kernel.refusals import Conflict
from shared.segments.facts import OTHERS, TABLES
from shared.segments.rules import Hop, Kind

FARTHEST = 20
"""Steps in one way."""
PATH = re.compile(r"[a-z][A-Za-z]{0,39}(\.[a-z][A-Za-z]{0,39}){0,5}")
PARTITION = "relationships/organisation"
KIND = "relationship"

From = Kind | Literal["Patient"]
LinkType = Literal["CareTeam", "Group", "PractitionerRole"]
"""What may stand between many and many: a resource that refers to both."""
Over = Literal["reference", "value"]
Cardinality = Literal["many_to_one", "one_to_one", "many_to_many"]
_WHO: tuple[Kind, ...] = ("Practitioner", "PractitionerRole", "Organization")
_PEOPLE: tuple[Kind, ...] = ("Practitioner", "PractitionerRole")

KNOWN: Mapping[From, Mapping[str, Sequence[Kind]]] = MappingProxyType(
    {
        "Patient": {"generalPractitioner": _WHO, "managingOrganization": ("Organization",)},
        "AllergyIntolerance": {"encounter": ("Encounter",), "recorder": _PEOPLE},
        "Appointment": {"participant.actor": (*_PEOPLE, "Location")},
        "CarePlan": {"encounter": ("Encounter",), "author": _WHO, "addresses": ("Condition",)},
        "CareTeam": {
            "encounter": ("Encounter",),
            "managingOrganization": ("Organization",),
            "participant.member": _WHO,
        },
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
        "Group": {"managingEntity": _WHO, "member.entity": _PEOPLE},
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


@dataclass(frozen=True, slots=True)
class Back:
    """An element that can be gone back by: what it refers to, and the search parameter that finds by it."""

    searched_by: str
    ends: Sequence[From]


BACK: Mapping[LinkType, Mapping[str, Back]] = MappingProxyType(
    {
        "CareTeam": {
            "encounter": Back("encounter", ("Encounter",)),
            "participant.member": Back("participant", _WHO),
            "subject": Back("subject", ("Patient",)),
        },
        "Group": {"member.entity": Back("member", ("Patient", *_PEOPLE))},
        "PractitionerRole": {
            "location": Back("location", ("Location",)),
            "organization": Back("organization", ("Organization",)),
            "practitioner": Back("practitioner", ("Practitioner",)),
        },
    }
)
_ANYTHING: frozenset[From] = frozenset(("Patient", *TABLES, *OTHERS))
_HOUSES: Sequence[From] = ("Location", "Organization")
_ADDRESSED: Sequence[From] = ("Location", "Organization", "Practitioner")


@dataclass(frozen=True, slots=True)
class Compared:
    """A value by which resources may belong together: which have it, and how those it leads to are found."""

    held_by: frozenset[From]
    searched_by: Mapping[From, Sequence[str]]


COMPARED: Mapping[str, Compared] = MappingProxyType(
    {
        "city": Compared(frozenset(("Patient", *_ADDRESSED)), dict.fromkeys(_ADDRESSED, ("address-city",))),
        "code": Compared(
            frozenset((*TABLES, *_HOUSES, "Group", "PractitionerRole")),
            {
                "Group": ("code",),
                "Location": ("type",),
                "Organization": ("type",),
                "PractitionerRole": ("role", "specialty"),
            },
        ),
        "identifier": Compared(_ANYTHING, dict.fromkeys((*TABLES, *OTHERS), ("identifier",))),
        "name": Compared(frozenset(_HOUSES), dict.fromkeys(_HOUSES, ("name",))),
        "postal_code": Compared(
            frozenset(("Patient", *_ADDRESSED)), dict.fromkeys(_ADDRESSED, ("address-postalcode",))
        ),
    }
)
"""By codes nobody is led to records: of one code there may be millions."""


class RelationshipIsInUse(Conflict):
    """A live segment goes by this relationship."""


Step = tuple[From, Hop]
"""A step, and what it is taken from."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """A way of the house's own from resources of one type to those of another.

    Over references, `path` is the element that refers; over values, which value is equal. With `through`,
    resources of that type stand between: `through_path` is where they refer to the one, `path` where to the
    other. By one that is retired nobody may go any more.
    """

    id: str
    name: str
    from_type: From
    path: str
    to_type: Kind
    is_retired: bool = False
    over: Over = "reference"
    through: LinkType | None = None
    through_path: str | None = None
    cardinality: Cardinality = "many_to_one"

    @property
    def steps(self) -> tuple[Step, ...]:
        last = Hop(self.path, self.to_type, equal=self.over == "value")
        if self.through is None:
            return ((self.from_type, last),)
        return (self.from_type, Hop(self.through_path or "", self.through, back=True)), (self.through, last)

    @property
    def hops(self) -> tuple[Hop, ...]:
        return tuple(hop for _, hop in self.steps)

    def allows(self, at: From, hop: Hop) -> bool:
        return not self.is_retired and (at, hop) in self.steps

    def is_on(self, way: Sequence[Step]) -> bool:
        """Say whether a way goes by it: by all of it, or by a step that there is without it not."""
        length = len(self.steps)
        whole = any(tuple(way[start : start + length]) == self.steps for start in range(len(way)))
        return whole or any(step in self.steps and not is_of_fhir(*step) for step in way)


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


def is_of_fhir(at: From, hop: Hop) -> bool:
    """Say whether FHIR itself knows the step, and so every house."""
    if hop.equal:
        return False
    if hop.back:
        return any(
            kind == hop.to and at in ways[hop.by].ends for kind, ways in BACK.items() if hop.by in ways
        )
    return hop.to in KNOWN.get(at, {}).get(hop.by, ())


def is_known(at: From, hop: Hop, added: Sequence[Relationship]) -> bool:
    """Say whether one may go from a kind by this step."""
    return is_of_fhir(at, hop) or any(one.allows(at, hop) for one in added)


@dataclass(frozen=True, slots=True)
class NoWay:
    """Why a step leads nowhere, without anybody's data."""

    reason: str


def steps_meant(at: From, hop: Hop, added: Sequence[Relationship]) -> tuple[Hop, ...] | NoWay:
    """Give the steps that are meant by one: itself, those of a relationship, or the only way there is."""
    if is_known(at, hop, added):
        return (hop,)
    ways = list(_ways(at, hop.to, added))
    if hop.by:
        is_plain = not (hop.back or hop.equal)
        found = [hops for name, hops in ways if name == hop.by and is_plain]
    else:
        names = {hops: name for name, hops in reversed(ways)}
        if len(names) > 1:
            named = " and ".join(sorted(names.values()))
            return NoWay(f"{named} lead from {at} to {hop.to}: name the one that is meant")
        found = list(names)
    return found[0] if found else NoWay(f"no relationship by which {at} leads there")


def _ways(at: From, to: Kind, added: Sequence[Relationship]) -> Iterator[tuple[str, tuple[Hop, ...]]]:
    """Give all ways from one kind to another, by the name of each."""
    for path, ends in KNOWN.get(at, {}).items():
        if to in ends:
            yield path, (Hop(path, to),)
    for kind, backs in BACK.items():
        for path, back in backs.items():
            if kind == to and at in back.ends:
                yield f"{path} (back)", (Hop(path, kind, back=True),)
    for one in added:
        if (one.from_type, one.to_type) == (at, to) and not one.is_retired:
            yield one.id, one.hops
