"""Show patients what their record says (PA-6)."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense
from shared.patients.declarations import ResourceType, types_named
from shared.patients.find_person import FindPerson
from shared.patients.names import names_of
from shared.patients.read_facts import ReadFacts, Source
from shared.patients.timeline import days_of, page_of, place_in
from shared.patients.views import Shown, shown

IN_OVERVIEW: tuple[ResourceType, ...] = (
    "MedicationRequest",
    "AllergyIntolerance",
    "Condition",
    "Encounter",
    "CarePlan",
    "CareTeam",
)
"""Medications, allergies, conditions, visits, care plans and the care team."""
ALSO: tuple[ResourceType, ...] = ("DiagnosticReport", "Immunization", "Observation", "Procedure")
"""What they are shown when they ask for it by name."""
MOST = 100


@dataclass(frozen=True, slots=True)
class WhichRecords:
    """Of which kinds (`Condition,CarePlan`), on which days where the patient lives."""

    types: str | None = None
    since: date | None = None
    until: date | None = None
    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RecordsFound:
    """One page, latest first; what has no date comes last, and not at all where days are asked for."""

    records: tuple[Shown, ...]
    next: str | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ShowOwnRecords:
    """Gives their own record to the patient who asks; what was entered in error is not in it."""

    record: ClinicalRecord
    find_person: FindPerson
    read_facts: ReadFacts

    def __call__(self, which: WhichRecords, *, patient_id: PatientId, now: datetime) -> RecordsFound:
        """Give them, or raise `Nonsense`."""
        after, wanted = place_in(which.after), _wanted(which)
        person = self.find_person(patient_id).person
        days = days_of(which.since, which.until, person.time_zone)
        found = self.read_facts(person.patient_id, types=wanted, now=now)
        fitting = [fact for fact in found.of(*wanted) if days.hold(fact)]
        page, more = page_of(fitting, after, max(1, min(which.limit, MOST)))
        names = names_of(self.record, {one for fact in page for one in fact.people})
        return RecordsFound(tuple(shown(fact, names) for fact in page), more, found.sources)


def _wanted(which: WhichRecords) -> tuple[ResourceType, ...]:
    if which.types is None:
        return IN_OVERVIEW
    named = types_named(which.types)
    if not set(named) <= {*IN_OVERVIEW, *ALSO}:
        raise Nonsense(("types", "names what is not part of the overview"))
    return named
