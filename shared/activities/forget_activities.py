"""Forget what activities said of a person; their keys stay known, so that a source brings nothing back."""

from datetime import datetime

from shared.activities.documents import KEY, Told
from shared.activities.telling import withdrawn
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.documents import patient_partition

AT_ONCE = 50


def forget_activities(documents: Documents, patient_id: PatientId, *, now: datetime) -> None:
    """Withdraw each of which the entry in the timeline is gone already, so that it leaves the lake too."""
    partition = patient_partition(patient_id)
    after: str | None = None
    while True:
        page = documents.list(partition, KEY, Told, limit=AT_ONCE, after=after)
        changes = [
            change for told in page.items if told.body.entry_id for change in withdrawn(told, None, now)
        ]
        if changes:
            documents.commit(partition, changes=changes)
        after = page.next
        if after is None:
            return
