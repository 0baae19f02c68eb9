"""Invite a patient, or somebody of the family, to the portal, by a code that is handed over."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.make_invitation import InvitationAsked, MakeInvitation
from shared.access.model import Caller
from shared.kernel.identity import IdSource, PatientId
from shared.kernel.sensitive import Sensitive


@dataclass(frozen=True, slots=True)
class InvitationMade:
    """The code, told this once: nobody can find it again."""

    invitation_id: str
    code: Sensitive[str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InvitePatient:
    """Make an invitation and tell its code (PA-1, PA-9). Who asks twice, unanswered, has the second code."""

    make: MakeInvitation
    ids: IdSource

    def __call__(
        self, asked: InvitationAsked, *, patient_id: PatientId, caller: Caller, now: datetime
    ) -> InvitationMade:
        code = self.make.codes.made_of(self.ids.new())
        made = self.make(asked, code, patient_id=patient_id, caller=caller, now=now)
        return InvitationMade(made.id, code, made.expires_at)
