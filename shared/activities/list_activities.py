"""Show staff a patient's timeline."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller, Reading, may_read_clinical
from shared.activities.timeline import ActivityShown, WhichActivities, timeline
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.find_person import FindPerson
from shared.patients.open_record import OpenRecord


@dataclass(frozen=True, slots=True)
class PatientActivities:
    """One page, newest first, and on which ground it is shown; `why` is what the audit keeps of that."""

    activities: tuple[ActivityShown, ...]
    next: str | None
    patient_id: PatientId
    ground: Reading
    why: str


@dataclass(frozen=True, slots=True)
class ListActivities:
    """Gives what happened with a patient, newest first, a page at a time, on the terms of a record (D13).

    What is hidden is left out for all, and what is clinical for whoever may see none, as if it were not
    there.
    """

    documents: Documents
    find_person: FindPerson
    open_record: OpenRecord

    def __call__(
        self,
        which: WhichActivities,
        *,
        patient_id: PatientId,
        caller: Caller,
        reason: str | None,
        now: datetime,
    ) -> PatientActivities:
        """Give it, or raise `Nonsense`, `NoSuchPatient` or `CareRelationshipMissing`."""
        person, sees_clinical = self.find_person(patient_id).person, may_read_clinical(caller)
        opened = self.open_record(person, caller=caller, reason=reason, read="list_activities", now=now)
        found = timeline(
            self.documents,
            patient_id,
            which,
            lambda of: sees_clinical or not of.is_clinical,
            sees_clinical=sees_clinical,
        )
        return PatientActivities(found.activities, found.next, patient_id, opened.ground, opened.why)
