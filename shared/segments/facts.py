"""What is known of a patient, flattened: the rows of the lake and the projection of one person are the same.

Times are aware and in UTC here, and UTC without an offset in a row. Codes are spelt `system|code`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from shared.kernel.identity import PatientId
from shared.segments.rules import OtherType, ResourceType

PATIENT = "patient"
MEASURE = "measure:"
"""Before the id of a measure: the view of its values, a row for each patient and group."""
ACTIVITY = "activity"
TABLES: Mapping[ResourceType, str] = MappingProxyType(
    {
        "AllergyIntolerance": "allergy_intolerance",
        "Appointment": "appointment",
        "CarePlan": "care_plan",
        "CareTeam": "care_team",
        "Condition": "condition",
        "Coverage": "coverage",
        "DiagnosticReport": "diagnostic_report",
        "Encounter": "encounter",
        "Immunization": "immunization",
        "MedicationRequest": "medication_request",
        "Observation": "observation",
        "Procedure": "procedure",
        "RelatedPerson": "related_person",
    }
)
"""The view of each type of record; the one of people is `PATIENT`.

A view gives the latest version of each row. What has been deleted may be left out of it or be marked so.
"""

OTHERS: Mapping[OtherType, str] = MappingProxyType(
    {
        "Group": "group",
        "Location": "location",
        "Organization": "organization",
        "Practitioner": "practitioner",
        "PractitionerRole": "practitioner_role",
    }
)
"""The view of each type of what records refer to."""
VIEWS: Mapping[str, str] = MappingProxyType({**TABLES, **OTHERS})
LINK = "link"
"""The view of who refers to whom, and in which element."""
VALUE = "value"
"""The view of what resources are known by beside their ids: equal ones are found by it."""
IDENTIFIER, SUBJECT, WHOSE = "identifier", "subject", "whose"
"""Names of values: of an identifier; of an Encounter that does not count, the patient's id, or `whose`."""

COMPONENTS = "STRUCT(codes VARCHAR[], value DOUBLE, unit VARCHAR, comparator VARCHAR)[]"
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "id": "VARCHAR",
        "patient_id": "VARCHAR",
        "whose": "VARCHAR",
        "version": "BIGINT",
        "deleted": "BOOLEAN",
        "codes": "VARCHAR[]",
        "status": "VARCHAR",
        "clinical_status": "VARCHAR",
        "verification_status": "VARCHAR",
        "class_code": "VARCHAR",
        "intent": "VARCHAR",
        "starts_at": "TIMESTAMP",
        "ends_at": "TIMESTAMP",
        "value": "DOUBLE",
        "unit": "VARCHAR",
        "comparator": "VARCHAR",
        "value_codes": "VARCHAR[]",
        "components": COMPONENTS,
    }
)
"""The columns of every type of record, with DuckDB's types.

What refers to no patient has no `patient_id` but, in `whose`, by what it names one (`named_otherwise`): who
that is, is found when it is asked (`sql/whose.py`), for an identifier may come to be anybody's.
"""

PATIENT_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "patient_id": "VARCHAR",
        "version": "BIGINT",
        "deleted": "BOOLEAN",
        "gender": "VARCHAR",
        "birth_date": "DATE",
        "birth_month_day": "INTEGER",
        "is_deceased": "BOOLEAN",
        "died_at": "TIMESTAMP",
        "is_active": "BOOLEAN",
        "city": "VARCHAR",
        "language": "VARCHAR",
    }
)
OTHER_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "id": "VARCHAR",
        "version": "BIGINT",
        "deleted": "BOOLEAN",
        "codes": "VARCHAR[]",
        "status": "VARCHAR",
        "name": "VARCHAR",
    }
)
LINK_COLUMNS: Mapping[str, str] = MappingProxyType(
    {"id": "VARCHAR", "version": "BIGINT", "deleted": "BOOLEAN", "name": "VARCHAR", "to_ref": "VARCHAR"}
)
VALUE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {"id": "VARCHAR", "version": "BIGINT", "deleted": "BOOLEAN", "name": "VARCHAR", "value": "VARCHAR"}
)
ACTIVITY_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "id": "VARCHAR",
        "patient_id": "VARCHAR",
        "version": "BIGINT",
        "deleted": "BOOLEAN",
        "type": "VARCHAR",
        "source": "VARCHAR",
        "kind": "VARCHAR",
        "event": "VARCHAR",
        "starts_at": "TIMESTAMP",
        "expires_at": "TIMESTAMP",
    }
)
"""The columns of what happened with patients, for measures: segments do not ask about them."""

Value = str | float | int | bool | None
"""What a measure gives; a time is an instant in UTC, spelt as in ISO 8601."""


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """A Patient.

    `birth_date` is the first day that the record may mean; `birth_month_day` (29 February is 229) only stands
    where it names the day. `is_deceased` says so without a time, `died_at` with one.
    """

    patient_id: PatientId
    version: int = 0
    deleted: bool = False
    gender: str | None = None
    birth_date: date | None = None
    birth_month_day: int | None = None
    is_deceased: bool = False
    died_at: datetime | None = None
    is_active: bool = True
    city: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class ComponentFacts:
    """One component of an Observation with a quantity."""

    codes: tuple[str, ...]
    value: float | None = None
    unit: str | None = None
    comparator: str | None = None


@dataclass(frozen=True, slots=True)
class OtherFacts:
    """What is nobody's record: `codes` are its types and specialties, `status` says whether it is in use."""

    resource: OtherType
    id: str
    version: int = 0
    deleted: bool = False
    codes: tuple[str, ...] = ()
    status: str | None = None
    name: str | None = None
    leads: tuple["Lead", ...] = ()


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """That a resource (`Observation/8`) refers to another in an element; deleted, to none any more."""

    id: str
    name: str = ""
    to_ref: str = ""
    version: int = 0
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ValueFacts:
    """That a resource (`Patient/ada`) is known by a value; deleted, by none any more."""

    id: str
    name: str = ""
    value: str = ""
    version: int = 0
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Lead:
    """What one step leads to, of one resource; as `Hop` names it."""

    by: str
    back: bool
    to: "RecordFacts | OtherFacts"
    equal: bool = False


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """One clinical or administrative resource of a patient.

    `codes` are all codings of what it is about, `value_codes` those of its coded value. `unit` is the UCUM
    code where there is one. What is empty does not occur in that type. `leads` are as many steps of as many
    ways as somebody has asked for; they are no column. `patient_id` is None where only `whose` is known.
    """

    resource: ResourceType
    id: str
    patient_id: PatientId | None
    version: int = 0
    deleted: bool = False
    codes: tuple[str, ...] = ()
    status: str | None = None
    clinical_status: str | None = None
    verification_status: str | None = None
    class_code: str | None = None
    intent: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    value: float | None = None
    unit: str | None = None
    comparator: str | None = None
    value_codes: tuple[str, ...] = ()
    components: tuple[ComponentFacts, ...] = ()
    leads: tuple["Lead", ...] = ()
    whose: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """Something that happened with a patient, told by a source; without what it says in free words."""

    id: str
    patient_id: PatientId
    version: int = 0
    deleted: bool = False
    type: str = ""
    source: str = ""
    kind: str = ""
    event: str | None = None
    starts_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """All that is known of one person, by type of record; in no order.

    `leads` are the Patient's own, as those of a record. `measures` are the values by name, of each group that
    the measure has of them, by the measure's id; of one that has not been worked out there is nothing.
    """

    profile: ProfileFacts
    records: Mapping[ResourceType, tuple[RecordFacts, ...]] = field(
        default_factory=dict[ResourceType, tuple[RecordFacts, ...]]
    )
    measures: Mapping[str, tuple[Mapping[str, Value], ...]] = field(
        default_factory=dict[str, tuple[Mapping[str, Value], ...]]
    )
    leads: tuple[Lead, ...] = ()


Facts = ProfileFacts | RecordFacts | OtherFacts | LinkFacts | ValueFacts
"""What the lake follows the record by."""


def table_of(facts: Facts) -> str:
    """Name the table in which it has a row."""
    match facts:
        case ProfileFacts():
            return PATIENT
        case LinkFacts():
            return LINK
        case ValueFacts():
            return VALUE
        case OtherFacts(resource=other):
            return OTHERS[other]
        case RecordFacts(resource=resource):
            return TABLES[resource]


def row_of(facts: Facts | ActivityFacts) -> dict[str, Any]:
    """Spell facts as a row of their table, made of what JSON knows."""
    match facts:
        case ProfileFacts():
            columns = PATIENT_COLUMNS
        case ActivityFacts():
            columns = ACTIVITY_COLUMNS
        case OtherFacts():
            columns = OTHER_COLUMNS
        case LinkFacts():
            columns = LINK_COLUMNS
        case ValueFacts():
            columns = VALUE_COLUMNS
        case RecordFacts():
            columns = COLUMNS
    return {name: _spelt(getattr(facts, name)) for name in columns}


def gone(resource: ResourceType, record_id: str, patient_id: PatientId, version: int) -> RecordFacts:
    """Say of a record that it is there no more, or no longer counts."""
    return RecordFacts(resource, record_id, patient_id, version, deleted=True)


def coded(system: str | None, code: str) -> str:
    """Spell a concept as the facts do."""
    return f"{system or ''}|{code}"


def _spelt(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, ComponentFacts):
        return {name: _spelt(getattr(value, name)) for name in ComponentFacts.__slots__}
    if isinstance(value, tuple):
        return [_spelt(one) for one in value]  # pyright: ignore[reportUnknownVariableType]  # tuples of facts' own
    return value
