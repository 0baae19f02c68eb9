"""What a segment asks of a person: a tree of typed rules (D8, SG-1, SG-2).

The counting rules are those of the specification's §5 on FHIR. All times are instants in UTC. A window's days
have 24 hours, both ends included. What is dated after the moment asked about does not count, unless a rule
looks ahead. What has no date counts where no window is asked for. Any coding of a concept may match, what is
displayed never does.
"""

from dataclasses import dataclass
from typing import Literal

from shared.fhir.criteria import Code, ComponentIs, ValueIs
from shared.kernel.identity import PatientId
from shared.segments.measured import MeasureIs

ResourceType = Literal[
    "AllergyIntolerance",
    "Appointment",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "DiagnosticReport",
    "Encounter",
    "Immunization",
    "MedicationRequest",
    "Observation",
    "Procedure",
    "RelatedPerson",
]
OtherType = Literal["Group", "Location", "Organization", "Practitioner", "PractitionerRole"]
"""Types of what is nobody's record, but what records refer to."""
Kind = ResourceType | OtherType
Field = Literal["status", "class", "clinical_status", "verification_status", "intent"]
SegmentState = Literal["draft", "live", "expired"]


# Tests of one record


@dataclass(frozen=True, slots=True)
class IsMeasured:
    """There is a quantity at all, as opposed to a reason why there is none."""

    kind: Literal["measured"]


@dataclass(frozen=True, slots=True)
class CodedValueIs:
    """The coded value is one of some concepts."""

    kind: Literal["coded_value"]
    one_of: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A field holds one of some codes."""

    kind: Literal["field"]
    field: Field
    one_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyTest:
    """At least one of these holds of the record."""

    kind: Literal["any_test"]
    tests: tuple[ValueIs | IsMeasured | ComponentIs | CodedValueIs | FieldIs, ...]


@dataclass(frozen=True, slots=True)
class NameIs:
    """The name is one of these, letter for letter: only what is nobody's record has one here."""

    kind: Literal["name"]
    one_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hop:
    """One step to another resource, by the element in which the one refers to the other (UN-12).

    `by` is that element's path in FHIR (`serviceProvider`, `participant.individual`). `back` goes from the
    resource that is referred to, to those of type `to` that do so there. `equal` goes to those that have a
    value in common with it; `by` then says which (`postal_code`).

    Whoever makes a segment may name one of the house's own relationships instead (its id), or, where there is
    only one that leads there, none (""): what is kept are the steps that it means.
    """

    by: str
    to: Kind
    back: bool = False
    equal: bool = False


@dataclass(frozen=True, slots=True)
class LeadsTo:
    """By these steps it comes to a resource that has one of the codes and meets all the tests.

    Of several that it comes to, any one will do; what does not count (fhir.md §5) ends the way, a date never
    does. Other steps between the same two types are another question.
    """

    kind: Literal["leads_to"]
    by: tuple[Hop, ...]
    codes: tuple[Code, ...] = ()
    tests: tuple[ValueIs | IsMeasured | ComponentIs | CodedValueIs | FieldIs | NameIs, ...] = ()


RecordTest = ValueIs | IsMeasured | ComponentIs | CodedValueIs | FieldIs | NameIs | AnyTest | LeadsTo


# When the record is dated


@dataclass(frozen=True, slots=True)
class WithinDays:
    """From so many days ago until now."""

    kind: Literal["within_days"]
    days: int


@dataclass(frozen=True, slots=True)
class MoreThanDaysAgo:
    """Before that window began."""

    kind: Literal["more_than_days_ago"]
    days: int


@dataclass(frozen=True, slots=True)
class Upcoming:
    """After now, and if `days` are given no later than so many days ahead."""

    kind: Literal["upcoming"]
    days: int | None = None


When = WithinDays | MoreThanDaysAgo | Upcoming


# Rules about a person


@dataclass(frozen=True, slots=True)
class HasRecords:
    """There are so many records of which *each* meets all that is asked here (SG-2: one and the same record).

    Without `at_least` and `at_most` that is one or more; `at_most` 0 means none. `codes`: any of them, none
    means any. `distinct_by` "code" counts records of the same first coding once. `pick` "latest" looks only
    at the greatest instant (of equals, the greatest id) among dated records that have the codes and carry all
    that the tests ask about, in the unit asked for; its date and tests are then asked of that one.
    `dated_by` is the start or the end of what lasts; what has only one date has it as its start.
    """

    kind: Literal["has_records"]
    resource: ResourceType
    codes: tuple[Code, ...] = ()
    tests: tuple[RecordTest, ...] = ()
    when: When | None = None
    dated_by: Literal["start", "end"] = "start"
    at_least: int | None = None
    at_most: int | None = None
    distinct_by: Literal["code"] | None = None
    pick: Literal["any", "latest"] = "any"


@dataclass(frozen=True, slots=True)
class Everyone:
    """Every patient, dead or alive."""

    kind: Literal["everyone"]


@dataclass(frozen=True, slots=True)
class IsAlive:
    """Not known to have died by now."""

    kind: Literal["is_alive"]


@dataclass(frozen=True, slots=True)
class IsActive:
    """The record is in use: `Patient.active` is not false."""

    kind: Literal["is_active"]


@dataclass(frozen=True, slots=True)
class GenderIs:
    """The administrative gender is one of these."""

    kind: Literal["gender"]
    one_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgeBetween:
    """The age in full years, both ends included; who was born on 29 February is older from 1 March."""

    kind: Literal["age"]
    min_years: int | None = None
    max_years: int | None = None


@dataclass(frozen=True, slots=True)
class CityIs:
    """The first address's city is one of these, letter for letter."""

    kind: Literal["city"]
    one_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LanguageIs:
    """The preferred language is one of these tags (BCP 47) or a variety of it: `en` takes in `en-US`."""

    kind: Literal["language"]
    one_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BirthdayWithin:
    """A day with the month and day of birth comes today or within so many days; 29 February in leap years."""

    kind: Literal["birthday"]
    days: int


@dataclass(frozen=True, slots=True)
class OneOfThese:
    """One of these patients, by their ids."""

    kind: Literal["one_of_these"]
    patients: tuple[PatientId, ...]


@dataclass(frozen=True, slots=True)
class PatientLeadsTo:
    """The Patient's own references lead so, as those of a record in `LeadsTo`."""

    kind: Literal["patient_leads_to"]
    leads: LeadsTo


@dataclass(frozen=True, slots=True)
class InSegment:
    """In the population of another segment, as that one is defined now."""

    kind: Literal["in_segment"]
    segment_id: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these hold; separate `has_records` may be met by different records (SG-2)."""

    kind: Literal["all_of"]
    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds.

    The field has another name than that of `AllOf`: a reader which tries both kinds on a tree that a stranger
    posted would try everything below twice, and that twice again a level deeper.
    """

    kind: Literal["any_of"]
    alternatives: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class ButNot:
    """The first holds and the second does not."""

    kind: Literal["but_not"]
    rule: "Rule"
    but_not: "Rule"


ProfileIs = (
    Everyone | IsAlive | IsActive | GenderIs | AgeBetween | CityIs | LanguageIs | BirthdayWithin | OneOfThese
)
Group = AllOf | AnyOf | ButNot
Rule = ProfileIs | HasRecords | PatientLeadsTo | MeasureIs | InSegment | Group


@dataclass(frozen=True, slots=True)
class SegmentDraft:
    """What a person says about a segment.

    `time_zone` (IANA) says when a day begins where a rule asks for an age or a birthday; None is UTC.
    """

    name: str
    rule: Rule
    state: SegmentState = "draft"
    time_zone: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as it is kept; see `SegmentDraft` for its fields. `version` counts its edits."""

    id: str
    version: int
    name: str
    rule: Rule
    state: SegmentState
    time_zone: str | None = None
    description: str = ""
