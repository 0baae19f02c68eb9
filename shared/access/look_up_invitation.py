"""Show what an invitation opens, before it is redeemed."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.in_fhir import mailbox_of
from shared.access.model import Caller
from shared.access.open_invitation import CodeTyped, OpenInvitation
from shared.access.portal_access import (
    FamilyScope,
    InvitationExpired,
    InvitationState,
    InvitationUsed,
)
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive


@dataclass(frozen=True, slots=True)
class InvitationOpened:
    """Whose it is, and what a page fills in beforehand: the e-mail, where the patient was invited."""

    patient_id: PatientId
    expires_at: datetime
    email: Sensitive[str] | None
    family_scopes: tuple[FamilyScope, ...]


@dataclass(frozen=True, slots=True)
class LookUpInvitation:
    """Show it to whoever has its code and the date of birth; it is counted as a try, and changes nothing."""

    open_invitation: OpenInvitation

    def __call__(
        self, typed: CodeTyped, *, caller: Caller, address: str | None, now: datetime
    ) -> InvitationOpened:
        """Give it, or raise `CodeNotAccepted`, `InvitationUsed` or `InvitationExpired`."""
        opened = self.open_invitation(typed, caller=caller, address=address, now=now)
        invitation = opened.invitation
        if invitation.state is InvitationState.REDEEMED:
            raise InvitationUsed
        if not invitation.is_open(now):
            raise InvitationExpired
        if invitation.family is not None:
            return InvitationOpened(opened.patient_id, invitation.expires_at, None, invitation.family.scopes)
        return InvitationOpened(opened.patient_id, invitation.expires_at, mailbox_of(opened.patient), ())
