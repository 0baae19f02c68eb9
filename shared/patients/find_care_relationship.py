"""Does this member of staff have to do with this patient?"""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.fhir.ports import ClinicalRecord
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.care_relationship import CareRelationship, by_facts, names_in_record
from shared.patients.person import Person
from shared.patients.ports import IsTalkingWith
from shared.patients.read_facts import ReadFacts
from shared.tasks.documents import about
from shared.tasks.model import OPEN, Task


@dataclass(frozen=True, slots=True)
class FindCareRelationship:
    """Looks for what ties a caller to a patient, what costs least first (decision 30)."""

    record: ClinicalRecord
    documents: Documents
    read_facts: ReadFacts
    is_talking_with: IsTalkingWith

    def __call__(self, person: Person, *, caller: Caller, now: datetime) -> CareRelationship | None:
        """Give the first tie that is found, or None; a system of the house is tied to nobody."""
        if caller.is_service:
            return None
        at_work = self.at_work(person.patient_id, caller=caller, now=now)
        return at_work or self.by_record(person, caller=caller, now=now)

    def at_work(self, patient_id: PatientId, *, caller: Caller, now: datetime) -> CareRelationship | None:
        """Give the tie that work in hand is, for which the record is not asked."""
        if self._has_task(patient_id, caller):
            return CareRelationship.TASK
        if self.is_talking_with(caller=caller, patient_id=patient_id, now=now):
            return CareRelationship.CONVERSATION
        return None

    def by_record(self, person: Person, *, caller: Caller, now: datetime) -> CareRelationship | None:
        """Give the tie that the record tells of."""
        names, organisations = names_in_record(self.record, caller, now)
        if not names:
            return None
        if not (names | organisations).isdisjoint(person.general_practitioners):
            return CareRelationship.GENERAL_PRACTITIONER
        found = self.read_facts(person.patient_id, types=("CareTeam", "Encounter"), now=now)
        return by_facts(found.facts, names, now)

    def _has_task(self, patient_id: PatientId, caller: Caller) -> bool:
        return any(_is_theirs(task, caller) for task in about(self.documents, patient_id))


def _is_theirs(task: Task, caller: Caller) -> bool:
    """Say whether an open task is the caller's own, or lies before a team of theirs unowned.

    One that they have asked for themselves ties them to nobody: they could ask for one about anybody.
    """
    is_own = task.owner == caller.who or (task.owner is None and task.team in caller.teams)
    return task.status in OPEN and is_own and task.requester != caller.who
