"""Is somebody to be copied now?"""

from dataclasses import dataclass
from datetime import datetime

from shared.access.documents import portal_of
from shared.access.family_terms import Terms
from shared.access.in_fhir import can_be_invited
from shared.consent.copies.documents import copies_of
from shared.consent.copies.model import Copy, CopyState
from shared.fhir.ports import Resource
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound


@dataclass(frozen=True, slots=True)
class StandingCopies:
    """Says so by what is true now: both have said yes, and the terms hold by what the record says (PA-9).

    They end when the patient has died or comes of age under a guardian, with their period, when the
    RelatedPerson is not the patient's any more, and with the access that they were given beside.
    """

    documents: Documents
    terms: Terms

    def __call__(self, copy_id: str, *, patient_id: PatientId, now: datetime) -> Copy | None:
        """Give the copy if it stands, or None."""
        return self._in_state("accepted", copy_id, patient_id, now)

    def asked(self, copy_id: str, *, patient_id: PatientId, now: datetime) -> Copy | None:
        """Give the copy if its reader may still be asked, and it would stand with their yes, or None."""
        return self._in_state("asked", copy_id, patient_id, now)

    def _in_state(self, state: CopyState, copy_id: str, patient_id: PatientId, now: datetime) -> Copy | None:
        found = copies_of(self.documents, patient_id)
        copy = found.body.copy(copy_id) if found else None
        if copy is None or copy.state(now) != state:
            return None
        try:
            patient = self.terms.record.read("Patient", patient_id)
        except NotFound:
            return None
        holds = can_be_invited(patient) and self.terms.hold(copy.terms, patient, patient_id, now)
        return copy if holds and self._has_access(copy, patient, patient_id, now) else None

    def _has_access(self, copy: Copy, patient: Resource, patient_id: PatientId, now: datetime) -> bool:
        if not copy.rests_on_access:
            return True
        portal = portal_of(self.documents, patient_id)
        let_in = portal.body.family if portal else ()
        return any(
            one.terms.related_person_id == copy.terms.related_person_id
            and one.given_at <= copy.given_at  # what is given again later brings no copies back
            and self.terms.hold(one.terms, patient, patient_id, now)
            for one in let_in
        )
