"""Spell the code of an invitation that is sent, for whoever hands it over."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.documents import portal_of
from shared.access.invitation_codes import InvitationCodes
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive


@dataclass(frozen=True, slots=True)
class SpellCode:
    """Gives the code that comes of a seed while it opens something, and None when it does not any more."""

    documents: Documents
    codes: InvitationCodes

    def __call__(
        self, seed: Sensitive[str], *, patient_id: PatientId, now: datetime
    ) -> Sensitive[str] | None:
        code = self.codes.sent_by(seed)
        found = portal_of(self.documents, patient_id)
        invitation = found.body.invitation(self.codes.name_of(code)) if found else None
        return code if invitation is not None and invitation.is_open(now) else None
