"""Show all of a patient on one page: in the clinical form, or in the administrative one (WS-2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.access.model import Caller, Reading, may_read_clinical
from shared.fhir.ports import ClinicalRecord
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.care_relationship import CareRelationship
from shared.patients.find_person import FindPerson
from shared.patients.names import names_of
from shared.patients.open_record import OpenRecord
from shared.patients.overrides import Overridden, override_of
from shared.patients.person import Link, LinkProblem
from shared.patients.read_facts import ReadFacts, Source
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

MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class PatientShown:
    """A patient, on which ground they are shown, and from where and as of when each kind was read.

    `replaced` are records that this one stands in place of, on the way from the one asked for; `links` are
    all that it names itself, each opened on its own terms. `clinical` is there only for those who treat.
    `why` is what the audit keeps of the ground.
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


@dataclass(frozen=True, slots=True)
class ShowPatient:
    """Shows whoever the record leads to; of what a caller may not see nothing is even read."""

    record: ClinicalRecord
    documents: Documents
    find_person: FindPerson
    open_record: OpenRecord
    read_facts: ReadFacts

    def __call__(
        self, *, patient_id: PatientId, caller: Caller, reason: str | None, now: datetime
    ) -> PatientShown:
        """Show them, or raise `NoSuchPatient` or `CareRelationshipMissing`."""
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
        )
