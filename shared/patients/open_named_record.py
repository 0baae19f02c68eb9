"""May this member of staff come to the patient whom a request names, whatever it is about?"""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.identity import PatientId
from shared.patients.care_relationship import CareRelationship
from shared.patients.find_person import FindPerson
from shared.patients.open_record import Opened, OpenRecord, checked_reason
from shared.patients.project_patient import NoSuchPatient


@dataclass(frozen=True, slots=True)
class OpenNamedRecord:
    """Asks for a tie or a reason before anything of one patient is read or done, rooms below us included.

    Work in hand is looked for first: it needs no record. Whoever is not in the record can be come to by it or
    for a reason, and nobody learns without either that there is no such patient.
    """

    find_person: FindPerson
    open_record: OpenRecord

    def __call__(
        self, *, patient_id: PatientId, caller: Caller, reason: str | None, read: str, now: datetime
    ) -> Opened:
        """Open it, or raise `CareRelationshipMissing` or, of the reason, `Nonsense`."""
        checked_reason(reason)
        tie = None if caller.is_service else self._tie(patient_id, caller, now)
        return self.open_record.on(tie, patient_id, caller=caller, reason=reason, read=read, now=now)

    def _tie(self, patient_id: PatientId, caller: Caller, now: datetime) -> CareRelationship | None:
        look = self.open_record.find_care_relationship
        at_work = look.at_work(patient_id, caller=caller, now=now)
        if at_work is not None:
            return at_work
        try:
            person = self.find_person(patient_id).person
        except NoSuchPatient:
            return None
        is_merged = person.patient_id != patient_id
        return (look if is_merged else look.by_record)(person, caller=caller, now=now)
