"""A patient as shown to staff, in two forms (WS-2): pure.

The administrative form is put together element by element, from what is named here and nothing else: what
is added to a resource, or to what we keep of one, does not come into it by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.declarations import CARDS, ResourceType
from shared.patients.facts import Fact
from shared.patients.masking import MaskedPoint, masked, masked_text
from shared.patients.model import ContactPoint
from shared.patients.person import Address, EmergencyContact, Person, SourceId

MOST_ON_A_CARD = 20
MOST_APPOINTMENTS = 10
ADMINISTRATIVE: tuple[ResourceType, ...] = ("Appointment", "Coverage", "RelatedPerson")
"""All that is read for the administrative form beside the person."""
CLINICAL: tuple[ResourceType, ...] = tuple(type_ for types in CARDS.values() for type_ in types)
_OVER = frozenset({"cancelled", "noshow", "entered-in-error", "fulfilled"})


@dataclass(frozen=True, slots=True)
class UpcomingVisit:
    """An appointment to come, or under way, without what it is for in the patient's or clinician's words."""

    id: str
    status: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    service: Sensitive[str | None]
    taking_part: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CoverageShown:
    """Who pays, in which plan."""

    id: str
    status: str | None
    payor: Sensitive[str | None]
    plan: Sensitive[str | None]
    subscriber: Sensitive[str | None]
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class RelationShown:
    """Somebody of the patient's own people."""

    id: str
    name: Sensitive[str | None]
    relationship: Sensitive[str | None]


@dataclass(frozen=True, slots=True)
class AdministrativeView:
    """Who somebody is and how they are reached; numbers and addresses are masked."""

    patient_id: PatientId
    prefix: Sensitive[str | None]
    given: Sensitive[str | None]
    family: Sensitive[str | None]
    birth_date: Sensitive[date | None]
    gender: str | None
    languages: tuple[str, ...]
    time_zone: str
    is_active: bool
    is_deceased: bool
    contact_points: tuple[MaskedPoint, ...]
    identifiers: Sensitive[tuple[SourceId, ...]]
    addresses: Sensitive[tuple[Address, ...]]
    emergency_contacts: Sensitive[tuple[EmergencyContact, ...]]
    coverages: tuple[CoverageShown, ...]
    relations: tuple[RelationShown, ...]
    upcoming: tuple[UpcomingVisit, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One clinical resource for people to read."""

    resource_type: str
    id: str
    title: Sensitive[str | None]
    status: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    detail: Sensitive[Mapping[str, str]]
    taking_part: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """The latest of one kind; `total` is how many there are."""

    entries: tuple[Shown, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ClinicalView:
    """The clinical summary by cards, and numbers and addresses in full."""

    contact_points: tuple[ContactPoint, ...]
    cards: Mapping[str, Card]


def administrative_view(
    person: Person, facts: Sequence[Fact], names: Mapping[str, str], now: datetime
) -> AdministrativeView:
    """Show of a person what those may see who administer."""
    profile = person.profile
    points = (point for point in profile.contact_points if point.is_current(now))
    return AdministrativeView(
        patient_id=person.patient_id,
        prefix=profile.prefix,
        given=profile.given,
        family=profile.family,
        birth_date=profile.birth_date,
        gender=person.gender,
        languages=person.languages,
        time_zone=person.time_zone,
        is_active=profile.is_active,
        is_deceased=profile.is_deceased,
        contact_points=tuple(map(masked, points)),
        identifiers=person.identifiers,
        addresses=person.addresses,
        emergency_contacts=Sensitive(tuple(map(_masked_contact, person.emergency_contacts.value))),
        coverages=tuple(map(coverage_shown, _of(facts, "Coverage"))),
        relations=tuple(map(relation_shown, _of(facts, "RelatedPerson"))),
        upcoming=tuple(visit_shown(fact, names) for fact in upcoming(facts, now)),
    )


def clinical_view(
    person: Person, facts: Sequence[Fact], names: Mapping[str, str], now: datetime
) -> ClinicalView:
    """Show of a person what those may see who treat."""
    points = tuple(point for point in person.profile.contact_points if point.is_current(now))
    return ClinicalView(points, {card: _card(_of(facts, *types), names) for card, types in CARDS.items()})


def upcoming(facts: Iterable[Fact], now: datetime) -> tuple[Fact, ...]:
    """Give the next appointments, soonest first."""
    to_come = [fact for fact in _of(facts, "Appointment") if is_to_come(fact, now)]
    return tuple(islice(sorted(to_come, key=_soonest_first), MOST_APPOINTMENTS))


def is_to_come(fact: Fact, now: datetime) -> bool:
    """Say whether it is not over yet, and has not been called off."""
    last = fact.ends_at or fact.starts_at
    return last is not None and last > now and fact.status not in _OVER


def latest_first(facts: Iterable[Fact]) -> list[Fact]:
    """Put what has no date last."""
    return sorted(facts, key=_latest_first, reverse=True)


def shown(fact: Fact, names: Mapping[str, str]) -> Shown:
    """Show one fact whole."""
    return Shown(
        fact.type,
        fact.id,
        fact.title,
        fact.status,
        fact.starts_at,
        fact.ends_at,
        fact.detail,
        _named(fact, names),
    )


def coverage_shown(fact: Fact) -> CoverageShown:
    detail = fact.detail.value
    return CoverageShown(
        id=fact.id,
        status=fact.status,
        payor=fact.title,
        plan=Sensitive(detail.get("plan")),
        subscriber=Sensitive(detail.get("subscriber")),
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
    )


def relation_shown(fact: Fact) -> RelationShown:
    return RelationShown(fact.id, fact.title, Sensitive(fact.detail.value.get("relationship")))


def visit_shown(fact: Fact, names: Mapping[str, str]) -> UpcomingVisit:
    return UpcomingVisit(fact.id, fact.status, fact.starts_at, fact.ends_at, fact.title, _named(fact, names))


def _masked_contact(contact: EmergencyContact) -> EmergencyContact:
    return EmergencyContact(
        contact.name, contact.relationship, tuple(masked_text(one) for one in contact.reached_by)
    )


def _card(facts: Sequence[Fact], names: Mapping[str, str]) -> Card:
    return Card(tuple(shown(fact, names) for fact in latest_first(facts)[:MOST_ON_A_CARD]), len(facts))


def _of(facts: Iterable[Fact], *types: ResourceType) -> list[Fact]:
    return [fact for fact in facts if fact.is_of(*types) and not fact.is_in_error]


def _named(fact: Fact, names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(names[one] for one in fact.people if one in names)


def _latest_first(fact: Fact) -> tuple[bool, float, str]:
    is_dated = fact.starts_at is not None
    return is_dated, fact.starts_at.timestamp() if fact.starts_at else 0.0, fact.resource


def _soonest_first(fact: Fact) -> tuple[float, str]:
    return fact.starts_at.timestamp() if fact.starts_at else 0.0, fact.resource
