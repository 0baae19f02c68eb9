"""Show all of a patient on one page: in the clinical form, or in the administrative one (WS-2, UN-15)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from shared.access.model import Caller, Reading, may_read_clinical
from shared.fhir.ports import ClinicalRecord
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import TransientFault
from shared.patients.care_relationship import CareRelationship
from shared.patients.declarations import ResourceType
from shared.patients.find_person import FindPerson
from shared.patients.names import names_of
from shared.patients.open_record import OpenRecord
from shared.patients.overrides import Overridden, override_of
from shared.patients.person import Link, LinkProblem
from shared.patients.ports import ShowsActivities, ShowsIdsBySource, ShowsMeasures
from shared.patients.read_facts import FactsFound, ReadFacts, Source
from shared.patients.read_timeline import TimelineEntry, entries_of, types_on
from shared.patients.records_of_person import records_of_person
from shared.patients.routes import view_in_force
from shared.patients.tiles import (
    MOST_IDS,
    MOST_ON_A_TILE,
    ActivitiesTile,
    IdsBySourceTile,
    MeasuresTile,
    Standing,
    TileName,
    WhichTiles,
    is_open_to,
)
from shared.patients.timeline import page_of
from shared.patients.views import (
    ADMINISTRATIVE,
    CLINICAL,
    AdministrativeView,
    ClinicalView,
    administrative_view,
    clinical_view,
    latest_first,
    upcoming,
)

log = logging.getLogger(__name__)

MOST_NAMED = 100
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TimelineTile:
    """What the record says happened or is to, latest first; `next` goes on at the door of the timeline."""

    standing: Standing
    entries: tuple[TimelineEntry, ...] = ()
    next: str | None = None


@dataclass(frozen=True, slots=True)
class PatientShown:
    """A patient, on which ground they are shown, and from where and as of when each kind was read.

    `replaced` are records that this one stands in place of, on the way from the one asked for; `links` are
    all that it names itself, each opened on its own terms. `clinical` is there only for those who treat.
    `why` is what the audit keeps of the ground. A tile is None where it was not asked for.
    """

    patient_id: PatientId
    form: Literal["clinical", "administrative"]
    ground: Reading
    relationship: CareRelationship | None
    replaced: tuple[PatientId, ...]
    link_problem: LinkProblem | None
    links: tuple[Link, ...]
    administrative: AdministrativeView
    clinical: ClinicalView | None
    overridden: Overridden | None
    sources: tuple[Source, ...]
    why: str
    timeline: TimelineTile | None = None
    activities: ActivitiesTile | None = None
    measures: MeasuresTile | None = None
    ids_by_source: IdsBySourceTile | None = None


@dataclass(frozen=True, slots=True)
class ShowPatient:
    """Shows whoever the record leads to; of what a caller may not see nothing is even read.

    A tile that cannot be had just now says so, and takes nothing else along.
    """

    record: ClinicalRecord
    documents: Documents
    find_person: FindPerson
    open_record: OpenRecord
    read_facts: ReadFacts
    show_activities: ShowsActivities
    show_measures: ShowsMeasures
    show_ids_by_source: ShowsIdsBySource

    def __call__(
        self,
        which: WhichTiles,
        *,
        patient_id: PatientId,
        caller: Caller,
        reason: str | None,
        now: datetime,
    ) -> PatientShown:
        """Show them, or raise `Nonsense`, `NoSuchPatient` or `CareRelationshipMissing`."""
        tiles = which.names()
        standing = self.find_person(patient_id)
        opened = self.open_record(standing.person, caller=caller, reason=reason, read="show_patient", now=now)
        with_clinical = may_read_clinical(caller)
        types = (*ADMINISTRATIVE, *CLINICAL) if with_clinical else ADMINISTRATIVE
        found = self.read_facts(standing.patient_id, types=types, now=now)
        shown = (*upcoming(found.facts, now), *(latest_first(found.of(*CLINICAL)) if with_clinical else ()))
        names = names_of(
            self.record, list(dict.fromkeys(one for f in shown for one in f.people))[:MOST_NAMED]
        )
        person, over = standing.person, override_of(self.documents, standing.patient_id)
        whose = person.patient_id
        return PatientShown(
            patient_id=standing.patient_id,
            form="clinical" if with_clinical else "administrative",
            ground=opened.ground,
            relationship=opened.relationship,
            replaced=standing.replaced,
            link_problem=standing.problem,
            links=person.links,
            administrative=administrative_view(person, found.facts, names, now),
            clinical=clinical_view(person, found.facts, names, now) if with_clinical else None,
            overridden=over.body if over else None,
            sources=found.sources,
            why=opened.why,
            timeline=_tile(
                "timeline",
                tiles,
                caller,
                lambda: self._timeline(whose, found, with_clinical=with_clinical, now=now),
                TimelineTile,
            ),
            activities=_tile(
                "activities",
                tiles,
                caller,
                lambda: self.show_activities(whose, caller=caller, most=MOST_ON_A_TILE),
                ActivitiesTile,
            ),
            measures=_tile(
                "measures",
                tiles,
                caller,
                lambda: self.show_measures(whose, caller=caller, most=MOST_ON_A_TILE),
                MeasuresTile,
            ),
            ids_by_source=_tile(
                "ids_by_source",
                tiles,
                caller,
                lambda: self.show_ids_by_source(
                    records_of_person(self.record, self.find_person, standing), most=MOST_IDS
                ),
                IdsBySourceTile,
            ),
        )

    def _timeline(
        self, patient_id: PatientId, found: FactsFound, *, with_clinical: bool, now: datetime
    ) -> TimelineTile:
        """Give the first page; only what the forms have not read already is read for it."""
        view = view_in_force(self.documents)
        wanted = types_on(view, with_clinical=with_clinical)
        read = {source.resource_type for source in found.sources}
        more: list[ResourceType] = [type_ for type_ in wanted if type_ not in read]
        also = self.read_facts(patient_id, types=more, now=now).of(*wanted) if more else ()
        dated = [fact for fact in (*found.of(*wanted), *also) if fact.starts_at]
        page, following = page_of(dated, None, MOST_ON_A_TILE)
        entries = entries_of(self.record, page, view, with_detail=with_clinical)
        return TimelineTile("shown", entries, following)


def _tile(
    name: TileName,
    asked: frozenset[TileName],
    caller: Caller,
    show: Callable[[], T],
    without: Callable[[Standing], T],
) -> T | None:
    """Give a tile, or say why it is empty."""
    if name not in asked:
        return None
    if not is_open_to(name, caller):
        return without("withheld")
    try:
        return show()
    except TransientFault as fault:
        log.warning("patients.tile.unavailable", extra={"tile": name, "reason": type(fault).__name__})
        return without("unavailable")
