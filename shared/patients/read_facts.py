"""What is known of a patient, whether it lies in the record or here (FH-8)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.fhir.ports import ClinicalRecord
from shared.kernel.documents import Document, Documents
from shared.kernel.identity import PatientId
from shared.patients.declarations import DECLARATIONS, DECLARED, ResourceType
from shared.patients.documents import Projection, facts_of, projection_of
from shared.patients.facts import Fact
from shared.patients.facts_in_fhir import fact_from
from shared.patients.project_patient import ProjectPatient
from shared.patients.routes import view_in_force
from shared.patients.their_resources import TheirResources

FEW = 3
"""Of so many types each is listed by itself; of more, all that is kept is gone through once."""


@dataclass(frozen=True, slots=True)
class Source:
    """What answered for one kind of resource, and as of when."""

    resource_type: ResourceType
    answered_by: Literal["record", "projection"]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class FactsFound:
    """The facts, in no order, and where each kind comes from."""

    facts: tuple[Fact, ...]
    sources: tuple[Source, ...]

    def of(self, *types: ResourceType) -> tuple[Fact, ...]:
        """Give those of some types that were not entered in error."""
        return tuple(fact for fact in self.facts if fact.is_of(*types) and not fact.is_in_error)


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """Reads by the route of each type; who asks cannot tell but by `sources`.

    A patient who was never projected, or by an older table, is projected first.
    """

    record: ClinicalRecord
    documents: Documents
    project_patient: ProjectPatient

    def __call__(
        self, patient_id: PatientId, *, types: Collection[ResourceType], now: datetime
    ) -> FactsFound:
        """Give what is known, or raise `NoSuchPatient` where there is nobody to project."""
        view = view_in_force(self.documents)
        local: list[ResourceType] = [
            type_ for type_ in DECLARATIONS if type_ in types and view.is_local(type_)
        ]
        live: list[ResourceType] = [type_ for type_ in DECLARATIONS if type_ in types and type_ not in local]
        as_of = self._kept_as_of(patient_id, now) if local else now
        facts = (*self._kept(patient_id, local), *self._recorded(patient_id, live))
        sources = (
            *(Source(type_, "projection", as_of) for type_ in local),
            *(Source(type_, "record", now) for type_ in live),
        )
        return FactsFound(facts, sources)

    def _kept_as_of(self, patient_id: PatientId, now: datetime) -> datetime:
        state = projection_of(self.documents, patient_id)
        as_of = _complete_as_of(state)
        if as_of is None:
            self.project_patient(patient_id, now=now)
            return now
        return as_of

    def _kept(self, patient_id: PatientId, types: Collection[ResourceType]) -> Iterator[Fact]:
        if len(types) > FEW:
            all_kept = (found.body for found in facts_of(self.documents, patient_id))
            yield from (fact for fact in all_kept if fact.is_of(*types))
        else:
            for type_ in types:
                yield from (found.body for found in facts_of(self.documents, patient_id, type_))

    def _recorded(self, patient_id: PatientId, types: Collection[ResourceType]) -> Iterator[Fact]:
        theirs = TheirResources(self.record, patient_id, self.project_patient.by_identifier)
        for type_ in types:
            found = (fact_from(one, patient_id) for one in theirs.of(type_))
            yield from (fact for fact in found if fact is not None)


def _complete_as_of(state: Document[Projection] | None) -> datetime | None:
    if state is None or state.body.declared != DECLARED:
        return None
    return state.body.complete_as_of
