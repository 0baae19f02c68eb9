"""Take away a way into a record: an invitation, a login, or what somebody of the family may do."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.access.documents import keeping, portal_of, portal_partition
from shared.access.model import Caller
from shared.access.portal_access import (
    InvitationState,
    NoSuchGrant,
    NoSuchInvitation,
    NoSuchLogin,
    PortalAccess,
    revoked,
)
from shared.audit.announced import audited
from shared.audit.model import Action
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, NotFound

log = logging.getLogger(__name__)

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class WhyClosed:
    """Why it is taken away, which the audit keeps."""

    why: str


@dataclass(frozen=True, slots=True)
class ClosedWay:
    """What was taken away; from the next request on it opens nothing."""

    id: str
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class _Closing:
    """What is taken away, and what takes it away."""

    what: str
    subject: str
    change: Callable[[PortalAccess], PortalAccess]
    missing: type[NotFound]


@dataclass(frozen=True, slots=True)
class CloseWayIn:
    """Takes one away in one commit with its audit: no request that is under way can bring it back."""

    documents: Documents

    def __call__(
        self, closing: _Closing, why: str, *, patient_id: PatientId, caller: Caller, now: datetime
    ) -> None:
        found = portal_of(self.documents, patient_id)
        if found is None:
            raise closing.missing
        access = closing.change(found.body)
        if access == found.body:
            return
        write = keeping(found, access)
        told = audited(
            write,
            what=closing.what,
            subject=closing.subject,
            who=caller.who,
            now=now,
            patient_id=patient_id,
            why=why,
            entry_id=f"{closing.what}~{patient_id}~{write.version}",
            action=Action.DELETE,
        )
        self.documents.commit(portal_partition(patient_id), changes=[write], announcements=[told])
        log.info("access.way.closed", extra={"what": closing.what})


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

        closing = _Closing("revoke_invitation", f"invitation~{invitation_id}", change, NoSuchInvitation)
        self.close(closing, _reason(given), patient_id=patient_id, caller=caller, now=now)
        return ClosedWay(invitation_id, now)


@dataclass(frozen=True, slots=True)
class RemoveLogin:
    """Take a login out of a record: it is out with the next request, and comes back by a new invitation."""

    close: CloseWayIn

    def __call__(
        self, given: WhyClosed, *, patient_id: PatientId, login_id: str, caller: Caller, now: datetime
    ) -> ClosedWay:
        """Remove it, or raise `NoSuchLogin`."""

        def change(access: PortalAccess) -> PortalAccess:
            if access.login(login_id) is None:
                raise NoSuchLogin
            return access.without_login(login_id)

        closing = _Closing("remove_login", f"login~{login_id}", change, NoSuchLogin)
        self.close(closing, _reason(given), patient_id=patient_id, caller=caller, now=now)
        return ClosedWay(login_id, now)


@dataclass(frozen=True, slots=True)
class EndFamilyAccess:
    """Let somebody act for the patient no longer; the patient may, and staff with a reason (PA-9)."""

    close: CloseWayIn

    def __call__(
        self, given: WhyClosed, *, patient_id: PatientId, grant_id: str, caller: Caller, now: datetime
    ) -> ClosedWay:
        """End it, or raise `NoSuchGrant`."""

        def change(access: PortalAccess) -> PortalAccess:
            if access.grant(grant_id) is None:
                raise NoSuchGrant
            return access.without_grant(grant_id)

        closing = _Closing("end_family_access", f"grant~{grant_id}", change, NoSuchGrant)
        self.close(closing, _reason(given), patient_id=patient_id, caller=caller, now=now)
        return ClosedWay(grant_id, now)


def _reason(given: WhyClosed) -> str:
    why = given.why.strip()
    if not 0 < len(why) <= LONGEST_REASON:
        raise Nonsense(("why", f"must be 1 to {LONGEST_REASON} characters"))
    return why
