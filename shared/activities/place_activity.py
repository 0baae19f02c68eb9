"""Look again for the patient of something that was told of somebody unknown (UN-13)."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.activities.activity_types import ActivityType
from shared.activities.documents import CURRENT as CURRENT_TYPE
from shared.activities.documents import type_partition
from shared.activities.find_named import FindNamed
from shared.activities.model import Happening, PlaceActivity
from shared.activities.retelling import retold
from shared.activities.unplaced import CURRENT, Unplaced, kept, unplaced_partition
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, Replace, deleting
from shared.kernel.identity import derived
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.patients.documents import patient_partition

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlacesActivities:
    """Puts it into the timeline of whom it names, if they are there by now, and sets it aside no longer.

    Else it is looked at again later, ever more rarely, until it is forgotten. Killed between the two, it
    finds the activity told and changes nothing. What its type's source no longer tells goes at once.
    """

    documents: Documents
    find_named: FindNamed

    def __call__(self, asked: PlaceActivity, *, now: datetime) -> None:
        partition = unplaced_partition(asked.unplaced_id)
        found = self.documents.look(partition, CURRENT, Unplaced)
        if found is None or found.body.tried != asked.tried:
            return
        of = self.documents.look(type_partition(found.body.type_id), CURRENT_TYPE, ActivityType)
        if of is None or of.body.state != "live":
            self.documents.commit(partition, changes=[deleting(found)])
            return
        item = found.body.item.value
        whose = self.find_named([item.named], of.body.naming)[item.named]
        if whose.patient_id is not None:
            self._tell(item.of(whose.patient_id), of.body, found.body.told_by, now)
            self.documents.commit(partition, changes=[deleting(found)])
        elif whose.because is not None:
            until = found.expires_at or now
            write, told = kept(found, found.body.looked_at(whose.because, now), until)
            self.documents.commit(partition, changes=[write], announcements=told)
        log.info(
            "activities.item.looked_at",
            extra={"unplaced": found.body.id, "is_placed": whose.patient_id is not None},
        )

    def _tell(self, happening: Happening, of: ActivityType, who: str, now: datetime) -> None:
        changes = retold(self.documents, happening, of, now=now).changes
        written = [change for change in changes if isinstance(change, Create | Replace)]
        if not written:
            return
        told = audited(
            written[0],
            what="place_activity",
            subject=f"activity-type/{of.id}",
            who=who,
            now=now,
            patient_id=happening.patient_id,
            entry_id=derived(happening.patient_id, written[0].id, str(written[0].version)),
        )
        try:
            self.documents.commit(
                patient_partition(happening.patient_id), changes=changes, announcements=[told]
            )
        except AlreadyExists:
            raise LostRace from None
