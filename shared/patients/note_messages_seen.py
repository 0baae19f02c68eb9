"""Remember that a patient has looked at their messages."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Create, Documents, replacing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.patients.documents import patient_partition
from shared.patients.find_person import FindPerson
from shared.patients.home import SEEN, Seen, seen_by


@dataclass(frozen=True, slots=True)
class NoteMessagesSeen:
    """Nothing that came before now is new to them any more; told twice it is the same."""

    documents: Documents
    find_person: FindPerson

    def __call__(self, *, patient_id: PatientId, now: datetime) -> None:
        """Remember it, or raise `NoSuchPatient`: of nobody nothing is kept."""
        self.find_person(patient_id)
        before = seen_by(self.documents, patient_id)
        if before is not None and before.body.at >= now:
            return
        write = replacing(before, Seen(now)) if before else Create(SEEN, Seen(now))
        try:
            self.documents.commit(patient_partition(patient_id), changes=[write])
        except AlreadyExists:
            raise LostRace from None
