"""Tell whoever reads the former contact points that a patient's details have changed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.fhir.ports import ClinicalRecord, Resource
from shared.fhir.versions import version_of
from shared.kernel.documents import Document, Documents, deleting
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.patients.contact_keys import ContactKeys
from shared.patients.details_to_fhir import current_points
from shared.patients.model import Channel
from shared.patients.pending_details import PendingDetails, PointBefore, pending_of
from shared.patients.ports import DetailsNotices

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SettleDetails:
    """Once the record has moved on from where a change began: if contact points are others now, tell the old.

    So whoever has taken over a login cannot do it unseen. The notices are begun in the commit that forgets
    the change, so that they are begun once; whoever changed it does this at once, and should they be cut off,
    the record's own change brings it here.
    """

    documents: Documents
    record: ClinicalRecord
    contact_keys: ContactKeys
    region: str
    notices: DetailsNotices

    def __call__(self, patient_id: PatientId, *, now: datetime) -> None:
        found = pending_of(self.documents, patient_id)
        if found is None:
            return
        try:
            patient = self.record.read("Patient", patient_id)
        except NotFound:
            return
        self.settle(found, patient, now=now)

    def settle(self, found: Document[PendingDetails], patient: Resource, *, now: datetime) -> None:
        """Do it by the Patient as it is now; while it stands where the change began, nothing is known."""
        pending = found.body
        if version_of(patient) <= pending.base_version:
            return
        after = {one.contact for one in self.points(patient, now)}
        is_news = after != {one.contact for one in pending.before}
        letters = (
            self.notices(pending.request_id, pending.before, patient_id=pending.patient_id, now=now)
            if is_news
            else ()
        )
        self.documents.commit(
            found.partition,
            changes=[deleting(found), *(one.create for one in letters)],
            announcements=[one.order for one in letters],
        )
        log.info("patients.details.settled", extra={"notices": len(letters)})

    def points(self, patient: Resource, now: datetime) -> Sequence[PointBefore]:
        """Give the contact points that messages can reach, each once."""
        found: dict[str, PointBefore] = {}
        for channel in (Channel.EMAIL, Channel.SMS):
            for point in current_points(patient, region=self.region, now=now):
                if point.serves(channel):
                    contact = self.contact_keys.contact(channel, point.value.value)
                    found.setdefault(contact, PointBefore(channel, contact, point.value))
        return tuple(found.values())
