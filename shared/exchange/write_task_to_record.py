"""Let the record know of a task and how far it has come (FH-7)."""

from dataclasses import dataclass
from datetime import datetime

from shared.exchange.keep_in_record import KeepInRecord, OwnResource
from shared.fhir.ports import Resource
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId, derived
from shared.tasks.documents import CURRENT, KeptTask, task_partition
from shared.tasks.in_fhir import ELEMENTS, task_resource
from shared.tasks.model import TaskChanged


@dataclass(frozen=True, slots=True)
class WriteTaskToRecord:
    """Writes the task as it stands when it looks, its notes and its outcome too; told twice, or late, once.

    What the house knows no more, since it was erased, stays in the record as it was.
    """

    documents: Documents
    keep: KeepInRecord

    def __call__(self, changed: TaskChanged, *, now: datetime) -> None:
        """Write it, or raise what `KeepInRecord` raises."""
        own = OwnResource("Task", recorded_task_id(changed.task_id), ELEMENTS)

        def spell(subject: PatientId | None) -> Resource | None:
            found = self.documents.look(task_partition(changed.task_id), CURRENT, KeptTask)
            if found is None:
                return None
            about = {"for": {"reference": f"Patient/{subject}"}} if subject else {}
            return {**task_resource(found.body.task), "id": own.id, **about}

        self.keep(own, spell, patient_id=changed.patient_id, now=now)


def recorded_task_id(task_id: str) -> str:
    """Call it by what it is: an id that somebody may have chosen is nobody else's Task in the record."""
    return derived("task", task_id)
