"""Read all that the record has of one patient, once, and keep it flattened (FH-14)."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.fhir.ports import ClinicalRecord
from shared.kernel.documents import (
    Change,
    Create,
    Delete,
    Document,
    Documents,
    deleting,
    replacing,
    unchanged,
)
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace, NotFound
from shared.patients.declarations import DECLARATIONS, DECLARED
from shared.patients.documents import (
    PROJECTION,
    Projection,
    fact_id,
    facts_of,
    patient_partition,
    projection_of,
)
from shared.patients.facts import Fact
from shared.patients.facts_in_fhir import fact_from
from shared.patients.find_patient import FindPatient
from shared.patients.keeping_person import PersonKeeping
from shared.patients.named_by_identifier import NamedByIdentifier
from shared.patients.person import Person
from shared.patients.their_resources import TheirResources

log = logging.getLogger(__name__)

MOST_TOGETHER = 90


class NoSuchPatient(NotFound):
    """There is no such patient in the record."""


@dataclass(frozen=True, slots=True)
class ProjectPatient:
    """Goes through the record once for each type, and makes what is kept the same; done twice it is harmless.

    It says that it is at it before it reads. A change that comes meanwhile marks that, and then the going
    through is begun again (`LostRace`), so that nothing old is taken for complete. Who is deleted meanwhile
    has that taken away under its hands: it writes nothing more, and nothing stays.
    """

    record: ClinicalRecord
    documents: Documents
    person: PersonKeeping
    by_identifier: NamedByIdentifier

    def __call__(self, patient_id: PatientId, *, now: datetime) -> None:
        """Project, or raise `NoSuchPatient`."""
        self._person(patient_id)
        building = self._begin(patient_id, now)
        self._keep_person(building)
        there = {found.body.resource: found for found in facts_of(self.documents, patient_id)}
        changes = list(_changes(there, self._read(patient_id, there)))
        for start in range(0, len(changes), MOST_TOGETHER):
            self._commit(patient_id, changes[start : start + MOST_TOGETHER], provided=building)
        self._look_again(changes)
        done = replace(building.body, declared=DECLARED, complete_as_of=now, building_since=None)
        self._commit(patient_id, [replacing(building, done)])
        log.info("patients.patient.projected", extra={"facts": len(there), "changes": len(changes)})

    def _person(self, patient_id: PatientId) -> Person:
        try:
            return self.person.read(self.record.read("Patient", patient_id))
        except NotFound:
            raise NoSuchPatient from None

    def _keep_person(self, building: Document[Projection]) -> None:
        """Keep who they are, read after it was begun: who was gone before had nothing to take away."""
        patient_id = building.body.patient_id
        try:
            person = self._person(patient_id)
        except NoSuchPatient:
            self._commit(patient_id, [deleting(building)])
            raise
        self._commit(patient_id, self.person.changes(patient_id, person), provided=building)

    def _begin(self, patient_id: PatientId, now: datetime) -> Document[Projection]:
        before = projection_of(self.documents, patient_id)
        state = before.body if before else Projection(patient_id, DECLARED)
        begun = replace(state, building_since=now)
        self._commit(patient_id, [replacing(before, begun) if before else Create(PROJECTION, begun)])
        return self.documents.read(patient_partition(patient_id), PROJECTION, Projection)

    def _read(self, patient_id: PatientId, there: Mapping[str, Document[Fact]]) -> Mapping[str, Fact]:
        """Flatten all that is found; what is kept and not found is asked for by name, for searches lag."""
        found = {fact.resource: fact for fact in self._found(patient_id)}
        missing = sorted(there.keys() - found.keys())
        asked = [(there[name].body.type, there[name].body.id) for name in missing]
        still = self.record.read_many(asked).resources.values() if asked else ()
        whose = FindPatient(self.record)
        facts = (fact_from(one, patient_id) for one in still if patient_id in whose.all_of(one))
        return found | {fact.resource: fact for fact in facts if fact is not None}

    def _look_again(self, changes: Sequence[Change]) -> None:
        """Make sure that what was written still stood then.

        What was deleted, or became another patient's, before it was written had no holder yet to be told.
        """
        written = [change.body for change in changes if not isinstance(change, Delete)]
        facts = [body for body in written if isinstance(body, Fact)]
        if not facts:
            return
        now_are = self.record.read_many([(fact.type, fact.id) for fact in facts]).resources
        whose = FindPatient(self.record)
        for fact in facts:
            resource = now_are.get((fact.type, fact.id))
            if resource is None or fact.patient_id not in whose.all_of(resource):
                raise LostRace
            if fact_from(resource, fact.patient_id) != fact:
                raise LostRace

    def _found(self, patient_id: PatientId) -> Iterator[Fact]:
        theirs = TheirResources(self.record, patient_id, self.by_identifier)
        for resource_type in DECLARATIONS:
            for resource in theirs.of(resource_type):
                fact = fact_from(resource, patient_id)
                if fact is not None:
                    yield fact

    def _commit(
        self,
        patient_id: PatientId,
        changes: Sequence[Change],
        *,
        provided: Document[Projection] | None = None,
    ) -> None:
        if not changes:
            return
        guards = [unchanged(provided)] if provided else []
        try:
            self.documents.commit(patient_partition(patient_id), changes=changes, unchanged=guards)
        except AlreadyExists:  # somebody else is at it too: begin again by what they have kept
            raise LostRace from None


def _changes(there: Mapping[str, Document[Fact]], now_is: Mapping[str, Fact]) -> Iterator[Change]:
    """Say what makes the one into the other; over what is newer nothing is written."""
    yield from (deleting(there[name]) for name in sorted(there.keys() - now_is.keys()))
    for name, fact in sorted(now_is.items()):
        before = there.get(name)
        if before is None:
            yield Create(fact_id(name), fact)
        elif before.body != fact and not fact.is_older_than(before.body):
            yield replacing(before, fact)
