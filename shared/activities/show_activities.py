"""Show on a patient's page what happened last (UN-15)."""

from dataclasses import dataclass

from shared.access.model import Caller, may_read_clinical
from shared.activities.timeline import ActivityShown, WhichActivities, timeline
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.ports import ShowsActivities
from shared.patients.tiles import ActivitiesTile, ActivityOnTile


@dataclass(frozen=True, slots=True)
class ShowActivities(ShowsActivities):
    """Gives the first page of what `ListActivities` would, to whom the record is open already."""

    documents: Documents

    def __call__(self, patient_id: PatientId, *, caller: Caller, most: int) -> ActivitiesTile:
        sees_clinical = may_read_clinical(caller)
        found = timeline(
            self.documents,
            patient_id,
            WhichActivities(limit=most),
            lambda of: sees_clinical or not of.is_clinical,
            sees_clinical=sees_clinical,
        )
        return ActivitiesTile("shown", tuple(map(_on_tile, found.activities)), found.next)


def _on_tile(one: ActivityShown) -> ActivityOnTile:
    return ActivityOnTile(
        one.id,
        one.name,
        one.activity_type,
        one.source,
        one.kind,
        one.at,
        one.event,
        one.detail,
        one.url,
        one.about,
    )
