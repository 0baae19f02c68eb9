"""Entity maps: of each type of resource, what may pass, which way, and by which codes it is known (FH-5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.fhir.resource_types import R4_TYPES
from shared.kernel.refusals import AlreadyExists, Conflict, NotFound, Stale

Message = Literal["read", "create", "update", "delete"]
"""What may be asked of a type: to give it out, or to take in new ones, other versions, or that it is gone."""

WRITTEN_AS_SHIPPED = frozenset({"Appointment", "Consent", "Patient"})
"""What the house itself writes into the record unless somebody says otherwise. A booking's Slots and guards
go with its Appointment; of a Patient it writes what its owner wants changed."""

WRITTEN_BY_THE_HOUSE = WRITTEN_AS_SHIPPED | {
    "Communication",
    "Questionnaire",
    "QuestionnaireResponse",
    "Task",
}
"""What it may be allowed to write: messages, surveys, what was answered, and what somebody has to do."""

UNDER_GUARDS = frozenset({"Appointment", "Slot", "Basic"})
"""Who has which time is true in these; a bundle would write past the guards that keep two from having one."""

KNOWN = frozenset(
    {
        "AllergyIntolerance",
        "CarePlan",
        "CareTeam",
        "Condition",
        "Consent",
        "Coverage",
        "DiagnosticReport",
        "Encounter",
        "Immunization",
        "Location",
        "Medication",
        "MedicationRequest",
        "Observation",
        "Organization",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Procedure",
        "RelatedPerson",
        "Schedule",
        "ServiceRequest",
    }
)
"""What passes unless somebody says otherwise, beside what is only read (`UNDER_GUARDS`)."""


class NoSuchResourceType(NotFound):
    """FHIR R4 has no such type of resource."""


class EntityMapIsThere(AlreadyExists):
    """The map has been set already; who sets it says in If-Match which version was seen."""


class EntityMapChangedMeanwhile(Stale):
    """The map has been set since it was read."""


class NoColumns(Conflict):
    """Nobody has said yet in which columns this type of resource is given out and taken in."""


class WriteBackIsOff(Conflict):
    """Nothing like it can be entered in the record from here at present; please ask a person."""


@dataclass(frozen=True, slots=True)
class CodeableConcept:
    """One line of the table of codeable concepts: what the house calls a code, and how people are told.

    `type` says of what kind it is (*vital sign*), where columns tell several kinds apart.
    """

    name: str
    text: str
    system: str
    code: str
    type: str | None = None


ColumnType = Literal[
    "text",
    "boolean",
    "integer",
    "decimal",
    "date",
    "date_time",
    "instant",
    "time",
    "concept_name",
    "concept_text",
    "concept_code",
    "concept_type",
]
"""What a column holds: a value as FHIR spells it, or one field of the table of codeable concepts."""


@dataclass(frozen=True, slots=True)
class AttributeMap:
    """One column: where in the resource it stands (`element_paths`), and what it holds.

    `concepts` narrows a column of concepts to those of one type. One that is not `is_written` is only read.
    """

    column: str
    path: str
    type: ColumnType
    concepts: str | None = None
    is_written: bool = True


@dataclass(frozen=True, slots=True)
class EntityMap:
    """What may pass of one type of resource. Version 0 is as shipped: nobody has said anything of it.

    Without `is_enabled` nothing of the type is taken in or given out in bundles. `messages` are those that
    pass then. `write_back` lets the house itself write the type into the record (FH-7); it holds by itself.
    `attributes` are the columns in which it is given out and taken in as rows.
    """

    resource_type: str
    is_enabled: bool
    write_back: bool
    messages: tuple[Message, ...]
    concepts: tuple[CodeableConcept, ...] = ()
    version: int = 0
    changed_by: str | None = None
    changed_at: datetime | None = None
    attributes: tuple[AttributeMap, ...] = ()

    def passes(self, message: Message) -> bool:
        return self.is_enabled and message in self.messages


@dataclass(frozen=True, slots=True)
class EntityMaps:
    """All of them; what nobody has set is as shipped."""

    kept: Mapping[str, EntityMap] = field(default_factory=dict[str, EntityMap])

    def of(self, resource_type: str) -> EntityMap:
        return self.kept.get(resource_type) or as_shipped(resource_type)


def as_shipped(resource_type: str) -> EntityMap:
    """Give the map that nobody has changed. Nothing is deleted by a bundle before somebody allows it."""
    messages: tuple[Message, ...] = ()
    if resource_type in UNDER_GUARDS:
        messages = ("read",)
    elif resource_type in KNOWN:
        messages = ("read", "create", "update")
    return EntityMap(
        resource_type,
        is_enabled=bool(messages),
        write_back=resource_type in WRITTEN_AS_SHIPPED,
        messages=messages,
    )


def require_resource_type(resource_type: str) -> None:
    """Raise `NoSuchResourceType` for what R4 does not have."""
    if resource_type not in R4_TYPES:
        raise NoSuchResourceType
