"""Take an activity out of a patient's timeline."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.activities.documents import entry_of, told_of
from shared.activities.model import NoSuchActivity
from shared.activities.telling import withdrawn
from shared.audit.announced import audited
from shared.kernel.documents import Documents, Replace
from shared.kernel.identity import PatientId, derived
from shared.patients.documents import patient_partition


@dataclass(frozen=True, slots=True)
class WithdrawActivity:
    """Takes out what was told of the wrong patient, or was wrong; told again by its source, it stays out.

    Doing so twice is doing so once.
    """

    documents: Documents

    def __call__(self, *, patient_id: PatientId, activity_id: str, caller: Caller, now: datetime) -> None:
        """Do so, or raise `NoSuchActivity`."""
        before = told_of(self.documents, patient_id, activity_id)
        if before is None:
            raise NoSuchActivity
        if before.body.entry_id is None:
            return
        entry = entry_of(self.documents, patient_id, before.body.entry_id)
        changes = withdrawn(before, entry, now)
        (write,) = (change for change in changes if isinstance(change, Replace))
        told = audited(
            write,
            what="withdraw_activity",
            subject=f"activity/{activity_id}",
            who=caller.who,
            now=now,
            patient_id=patient_id,
            entry_id=derived(patient_id, write.id, str(write.version)),
        )
        self.documents.commit(patient_partition(patient_id), changes=changes, announcements=[told])
