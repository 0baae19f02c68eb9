"""Show what happened to a patient, and what is to come, in order of time (WS-3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from shared.access.model import Caller, Reading, may_read_clinical
from shared.fhir.ports import ClinicalRecord
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotAllowed
from shared.kernel.sensitive import Sensitive
from shared.patients.declarations import DECLARATIONS, ResourceType, types_named
from shared.patients.facts import Fact
from shared.patients.find_person import FindPerson
from shared.patients.names import names_of
from shared.patients.open_record import OpenRecord
from shared.patients.read_facts import ReadFacts, Source
from shared.patients.routes import View, view_in_force
from shared.patients.timeline import days_of, page_of, place_in
from shared.patients.views import is_to_come

FOR_ALL: tuple[ResourceType, ...] = ("Appointment",)
"""What those see who do not treat: when somebody comes, and to whom, and nothing of what for."""
MOST = 100


class OnlyForThoseWhoTreat(NotAllowed):
    """Such entries are shown only to those who treat."""


@dataclass(frozen=True, slots=True)
class WhichEntries:
    """Of which kinds (`Observation,Encounter`), on which days where the patient lives, before or after now.

    Upcoming entries come soonest first, all others latest first. `after` is a former answer's `next`.
    """

    types: str | None = None
    since: date | None = None
    until: date | None = None
    agenda: Literal["previous", "upcoming"] | None = None
    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened, or is to; `detail` is empty for those who do not treat."""

    resource_type: ResourceType
    display_name: str
    id: str
    title: Sensitive[str | None]
    status: str | None
    starts_at: datetime
    ends_at: datetime | None
    taking_part: tuple[str, ...]
    detail: Sensitive[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class TimelineFound:
    """One page of a timeline; what has no date has no place on it."""

    patient_id: PatientId
    time_zone: str
    entries: tuple[TimelineEntry, ...]
    next: str | None
    sources: tuple[Source, ...]
    ground: Reading
    why: str


@dataclass(frozen=True, slots=True)
class ReadTimeline:
    """Gives what the view in force puts on the timeline, as far as the caller may see it, page by page."""

    record: ClinicalRecord
    documents: Documents
    find_person: FindPerson
    open_record: OpenRecord
    read_facts: ReadFacts

    def __call__(
        self,
        which: WhichEntries,
        *,
        patient_id: PatientId,
        caller: Caller,
        reason: str | None,
        now: datetime,
    ) -> TimelineFound:
        """Show it, or raise `Nonsense`, `NoSuchPatient`, or one of two that say what the caller may not."""
        after, view = place_in(which.after), view_in_force(self.documents)
        wanted = _wanted(which.types, view, caller)
        person = self.find_person(patient_id).person
        opened = self.open_record(person, caller=caller, reason=reason, read="read_timeline", now=now)
        found = self.read_facts(person.patient_id, types=wanted, now=now)
        days = days_of(which.since, which.until, person.time_zone)
        fitting = [
            fact
            for fact in found.of(*wanted)
            if fact.starts_at and days.hold(fact) and _is_on(which.agenda, fact, now)
        ]
        limit = max(1, min(which.limit, MOST))
        page, more = page_of(fitting, after, limit, soonest_first=which.agenda == "upcoming")
        return TimelineFound(
            patient_id=person.patient_id,
            time_zone=person.time_zone,
            entries=entries_of(self.record, page, view, with_detail=may_read_clinical(caller)),
            next=more,
            sources=found.sources,
            ground=opened.ground,
            why=opened.why,
        )


def entries_of(
    record: ClinicalRecord, facts: Sequence[Fact], view: View, *, with_detail: bool
) -> tuple[TimelineEntry, ...]:
    """Show facts as entries, with the names of those who take part."""
    names = names_of(record, {one for fact in facts for one in fact.people})
    return tuple(_entry(fact, view, names, with_detail=with_detail) for fact in facts)


def types_on(view: View, *, with_clinical: bool) -> tuple[ResourceType, ...]:
    """Give what the view puts on the timeline, of what may be shown."""
    allowed: tuple[ResourceType, ...] = tuple(DECLARATIONS) if with_clinical else FOR_ALL
    return tuple(type_ for type_ in allowed if view.is_on_timeline(type_))


def _wanted(asked: str | None, view: View, caller: Caller) -> tuple[ResourceType, ...]:
    """Give what is on the timeline, of what was asked for; asking for what one may not see is refused."""
    with_clinical = may_read_clinical(caller)
    if asked is None:
        return types_on(view, with_clinical=with_clinical)
    known = types_named(asked)
    if not with_clinical and not set(known) <= set(FOR_ALL):
        raise OnlyForThoseWhoTreat
    return known


def _is_on(agenda: Literal["previous", "upcoming"] | None, fact: Fact, now: datetime) -> bool:
    return agenda is None or is_to_come(fact, now) == (agenda == "upcoming")


def _entry(fact: Fact, view: View, names: Mapping[str, str], *, with_detail: bool) -> TimelineEntry:
    kind: ResourceType = next(type_ for type_ in DECLARATIONS if type_ == fact.type)
    return TimelineEntry(
        resource_type=kind,
        display_name=view.display_name(kind),
        id=fact.id,
        title=fact.title,
        status=fact.status,
        starts_at=fact.starts_at or datetime.min.replace(tzinfo=UTC),
        ends_at=fact.ends_at,
        taking_part=tuple(names[one] for one in fact.people if one in names),
        detail=fact.detail if with_detail else Sensitive({}),
    )
