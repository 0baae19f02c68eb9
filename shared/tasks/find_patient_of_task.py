"""Whom is a task about, for somebody whose work it is not?"""

from dataclasses import dataclass

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.tasks.documents import task_at
from shared.tasks.lifecycle import is_their_work


@dataclass(frozen=True, slots=True)
class FindPatientOfTask:
    """Gives the patient to whom the caller needs a tie to see or change a task (decision 41).

    Nobody where it is the caller's own work: what they are to do must be read before it can be taken.
    """

    documents: Documents

    def __call__(self, task_id: str, *, caller: Caller) -> PatientId | None:
        """Give them, or raise `NoSuchTask`."""
        task = task_at(self.documents, task_id).body.task
        return None if is_their_work(caller, task) else task.patient_id
