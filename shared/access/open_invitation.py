"""From what somebody typed to the invitation it opens."""

import logging
from dataclasses import dataclass
from datetime import date, datetime

from shared.access.count_guesses import CountGuesses
from shared.access.documents import keeping, patient_invited, portal_of, portal_partition
from shared.access.in_fhir import birth_date_of, can_be_invited, replaced_by
from shared.access.invitation_codes import InvitationCodes
from shared.access.model import Caller
from shared.access.portal_access import (
    CodeNotAccepted,
    Invitation,
    InvitationState,
    PortalAccess,
    with_wrong_date,
)
from shared.audit.announced import audited
from shared.audit.model import Outcome
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.documents import Document, Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.kernel.sensitive import Sensitive

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CodeTyped:
    """What somebody who was invited types; the date of birth is that of the patient."""

    code: Sensitive[str]
    birth_date: Sensitive[date] | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """An invitation that whoever asks may know of, for they have its code and the date of birth."""

    patient_id: PatientId
    invitation: Invitation
    found: Document[PortalAccess]
    patient: Resource


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """Find an invitation by its code, and ask for the patient's date of birth where it is to be asked for.

    Every try is counted first. A code that opens nothing, one that was revoked or blocked, and a wrong date
    of birth are one refusal: who has not both, learns nothing about either (`CodeNotAccepted`).
    """

    documents: Documents
    record: ClinicalRecord
    codes: InvitationCodes
    count: CountGuesses

    def __call__(self, typed: CodeTyped, *, caller: Caller, address: str | None, now: datetime) -> Opened:
        named = self.codes.name_of(typed.code)
        self.count(caller, address, now=now)
        patient_id = patient_invited(self.documents, named)
        found = portal_of(self.documents, patient_id) if patient_id else None
        invitation = found.body.invitation(named) if found else None
        if patient_id is None or found is None or invitation is None or invitation.state in _SHUT:
            raise CodeNotAccepted
        opened = Opened(patient_id, invitation, found, self._patient(patient_id))
        if invitation.asks_birth_date:
            self._check_birth_date(opened, typed.birth_date, caller, now)
        return opened

    def _patient(self, patient_id: PatientId) -> Resource:
        """Read the patient; one who was merged since is still who was invited, one who died is not."""
        try:
            patient = self.record.read("Patient", patient_id)
        except NotFound:
            raise CodeNotAccepted from None
        if not can_be_invited(patient) and replaced_by(patient) is None:
            raise CodeNotAccepted
        return patient

    def _check_birth_date(
        self, opened: Opened, told: Sensitive[date] | None, caller: Caller, now: datetime
    ) -> None:
        if told is not None and told == birth_date_of(opened.patient):
            return
        counted = with_wrong_date(opened.invitation, now)
        write = keeping(opened.found, opened.found.body.with_invitation(counted))
        entry = audited(
            write,
            what="redeem_invitation",
            subject=f"invitation~{counted.id}",
            who=caller.who,
            now=now,
            patient_id=opened.patient_id,
            outcome=Outcome.REFUSED,
            entry_id=f"redeem_invitation~{opened.patient_id}~{write.version}",
        )
        self.documents.commit(portal_partition(opened.patient_id), changes=[write], announcements=[entry])
        log.info("access.invitation.wrong_date", extra={"invitation": counted.id, "state": counted.state})
        raise CodeNotAccepted


_SHUT = (InvitationState.REVOKED, InvitationState.BLOCKED)
