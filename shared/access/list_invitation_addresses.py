"""Show where an invitation could be sent."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.in_fhir import is_id, is_related
from shared.access.ports import AddressShown, InvitationPost
from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, NotFound


@dataclass(frozen=True, slots=True)
class AddressesQuery:
    """Whose: the patient's own, or those of somebody related to them in the record."""

    related_person_id: str | None = None


@dataclass(frozen=True, slots=True)
class Addresses:
    """All of them, masked: few enough for one page."""

    addresses: tuple[AddressShown, ...]


@dataclass(frozen=True, slots=True)
class ListInvitationAddresses:
    """Give the contact points that the record names and that a code can be sent to now (PA-1, PA-9)."""

    record: ClinicalRecord
    post: InvitationPost

    def __call__(self, query: AddressesQuery, *, patient_id: PatientId, now: datetime) -> Addresses:
        """Give them. Raises `NotFound` for somebody who is not the patient's."""
        person = self.record.read("Patient", patient_id)
        if query.related_person_id is not None:
            if not is_id(query.related_person_id):
                raise Nonsense(("related_person_id", "not an id"))
            person = self.record.read("RelatedPerson", query.related_person_id)
            if not is_related(person, patient_id, now):
                raise NotFound
        return Addresses(tuple(self.post.addresses(person, now=now)))
