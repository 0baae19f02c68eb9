"""Let the patient who asks send an invitation to somebody of the family."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.family_terms import FamilyAsked
from shared.access.invite_family import WHY
from shared.access.model import Caller
from shared.access.portal_access import FamilyScope
from shared.access.send_invitation import InvitationSent, SendingAsked, SendInvitation
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class FamilySendingAsked:
    """Whom of their family a patient lets in, to do what, until when; and to which of their addresses."""

    related_person_id: str
    scopes: tuple[FamilyScope, ...]
    contact: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SendFamilyInvitation:
    """Have it sent to an address that the record has of them (PA-9). Nobody makes a guardian so."""

    send: SendInvitation

    def __call__(
        self,
        asked: FamilySendingAsked,
        *,
        patient_id: PatientId,
        request_id: str,
        caller: Caller,
        now: datetime,
    ) -> InvitationSent:
        family = FamilyAsked(asked.related_person_id, asked.scopes, asked.until)
        wanted = SendingAsked(asked.contact, family=family, why=WHY)
        return self.send(wanted, patient_id=patient_id, request_id=request_id, caller=caller, now=now)
