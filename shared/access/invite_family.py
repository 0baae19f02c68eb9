"""Let the patient who asks invite somebody of the family."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.family_terms import FamilyAsked
from shared.access.invite_patient import InvitationMade, InvitePatient
from shared.access.make_invitation import InvitationAsked
from shared.access.model import Caller
from shared.access.portal_access import FamilyScope
from shared.kernel.identity import PatientId

WHY = "The patient lets them in."


@dataclass(frozen=True, slots=True)
class FamilyInvitationAsked:
    """Whom of those related to them in the record a patient lets in, to do what, until when."""

    related_person_id: str
    scopes: tuple[FamilyScope, ...]
    until: datetime | None = None
    asks_birth_date: bool = True


@dataclass(frozen=True, slots=True)
class InviteFamily:
    """Make the invitation; the patient hands its code on (PA-9). Nobody makes themselves a guardian so."""

    invite: InvitePatient

    def __call__(
        self, asked: FamilyInvitationAsked, *, patient_id: PatientId, caller: Caller, now: datetime
    ) -> InvitationMade:
        family = FamilyAsked(asked.related_person_id, asked.scopes, asked.until)
        wanted = InvitationAsked(asks_birth_date=asked.asks_birth_date, family=family, why=WHY)
        return self.invite(wanted, patient_id=patient_id, caller=caller, now=now)
