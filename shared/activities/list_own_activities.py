"""Show patients their own timeline."""

from dataclasses import dataclass

from shared.activities.timeline import ActivitiesFound, WhichActivities, timeline
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class ListOwnActivities:
    """Gives what happened with a patient, newest first, a page at a time: what is meant for patients."""

    documents: Documents

    def __call__(self, which: WhichActivities, *, patient_id: PatientId) -> ActivitiesFound:
        """Give it, or raise `Nonsense`."""
        return timeline(self.documents, patient_id, which, lambda of: of.for_patients, sees_clinical=False)
