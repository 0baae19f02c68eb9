"""Show staff a patient's timeline."""

from dataclasses import dataclass

from shared.access.model import Caller, may_read_clinical
from shared.activities.timeline import ActivitiesFound, WhichActivities, timeline
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class ListActivities:
    """Gives what happened with a patient, newest first, a page at a time.

    What is hidden is left out for all, and what is clinical for whoever may see none, as if it were not
    there.
    """

    documents: Documents

    def __call__(self, which: WhichActivities, *, patient_id: PatientId, caller: Caller) -> ActivitiesFound:
        """Give it, or raise `Nonsense`."""
        sees_clinical = may_read_clinical(caller)
        return timeline(self.documents, patient_id, which, lambda of: sees_clinical or not of.is_clinical)
