"""May this login act for that patient, now?"""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.documents import portal_of
from shared.access.family_terms import Terms
from shared.access.in_fhir import can_be_invited, is_id
from shared.access.model import Caller
from shared.access.portal_access import FamilyGrant
from shared.fhir.ports import ClinicalRecord
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import NotAllowed, NotFound


class NotOnBehalf(NotAllowed):
    """You may not do this for somebody else."""


@dataclass(frozen=True, slots=True)
class ActOnBehalf:
    """Turn a login's caller into one who acts for a patient, if they were let in to do this (PA-9).

    Asked anew with every request, and denied by default: without a grant, beyond its scopes, when its terms
    do not hold by what the record says now, and for a record that is not in use. Which it was is not said.
    """

    documents: Documents
    record: ClinicalRecord
    terms: Terms

    def __call__(self, *, caller: Caller, patient_id: PatientId, scope: str | None, now: datetime) -> Caller:
        """Give the caller as who acts for the patient, or raise `NotOnBehalf`."""
        grant = self.standing(caller, patient_id, now) if scope else None
        if grant is None or scope not in grant.terms.scopes:
            raise NotOnBehalf
        return replace(caller, patient_id=patient_id, acts_by=frozenset(grant.terms.scopes))

    def standing(self, caller: Caller, patient_id: PatientId, now: datetime) -> FamilyGrant | None:
        """Give the grant that holds now, if there is one."""
        can_be = caller.is_patient and is_id(patient_id)
        found = portal_of(self.documents, patient_id) if can_be else None
        grant = found.body.granted_to(derived(caller.issuer, caller.subject)) if found else None
        if grant is None:
            return None
        try:
            patient = self.record.read("Patient", patient_id)
        except NotFound:
            return None
        holds = can_be_invited(patient) and self.terms.hold(grant.terms, patient, patient_id, now)
        return grant if holds else None
