"""Let an invitation open nothing any more."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.close_way_in import ClosedWay, CloseWayIn, Closing, WhyClosed, reason_of
from shared.access.model import Caller
from shared.access.portal_access import InvitationState, NoSuchInvitation, PortalAccess, revoked
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class RevokeInvitation:
    """Let an invitation open nothing any more; done twice, it is done once. One that was used stays so."""

    close: CloseWayIn

    def __call__(
        self, given: WhyClosed, *, patient_id: PatientId, invitation_id: str, caller: Caller, now: datetime
    ) -> ClosedWay:
        """Revoke it, or raise `NoSuchInvitation` or `NotOpenAnyMore`."""

        def change(access: PortalAccess) -> PortalAccess:
            invitation = access.invitation(invitation_id)
            if invitation is None:
                raise NoSuchInvitation
            if invitation.state in (InvitationState.REVOKED, InvitationState.BLOCKED):
                return access
            return access.with_invitation(revoked(invitation, now))

        closing = Closing("revoke_invitation", f"invitation~{invitation_id}", change, NoSuchInvitation)
        self.close(closing, reason_of(given), patient_id=patient_id, caller=caller, now=now)
        return ClosedWay(invitation_id, now)
