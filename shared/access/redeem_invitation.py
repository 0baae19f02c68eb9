"""Redeem an invitation: from then on the login is in."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.access.documents import (
    ActsFor,
    acting_for,
    keeping,
    linking,
    login_of,
    login_partition,
    portal_of,
    portal_partition,
)
from shared.access.model import Caller
from shared.access.open_invitation import CodeTyped, Opened, OpenInvitation
from shared.access.portal_access import (
    FamilyGrant,
    FamilyScope,
    InvitationExpired,
    InvitationState,
    InvitationUsed,
    LinkedLogin,
    LoginAlreadyLinked,
    PortalAccess,
)
from shared.audit.announced import audited
from shared.audit.model import Action
from shared.kernel.documents import Create, Documents, replacing
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import AlreadyExists, LostRace

log = logging.getLogger(__name__)

UNDERWAY_FOR = timedelta(minutes=1)
"""A login that has begun to be linked to one record is kept from another for so long."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Whose record the login is in now; with `family_scopes`, for whom it may act."""

    patient_id: PatientId
    since: datetime
    family_scopes: tuple[FamilyScope, ...]


@dataclass(frozen=True, slots=True)
class RedeemInvitation:
    """Link a login to the record, or let it act for the patient, by a code that does so once (PA-1).

    First it is noted where the login is going, then one commit spends the invitation and lets the login in:
    cut off between the two, nobody is in, and the same again goes on. Asked again after a lost answer, it is
    answered again. A login belongs to one record; a second record needs a second login.
    """

    documents: Documents
    open_invitation: OpenInvitation

    def __call__(self, typed: CodeTyped, *, caller: Caller, address: str | None, now: datetime) -> Redeemed:
        opened = self.open_invitation(typed, caller=caller, address=address, now=now)
        mine = derived(caller.issuer, caller.subject)
        if opened.invitation.state is InvitationState.REDEEMED:
            return _redeemed_before(opened, mine)
        if not opened.invitation.is_open(now):
            raise InvitationExpired
        if opened.invitation.family is not None:
            return self._let_act(opened, mine, caller, now)
        return self._link(opened, mine, caller, now)

    def _link(self, opened: Opened, mine: str, caller: Caller, now: datetime) -> Redeemed:
        if caller.patient_id is not None:
            raise LoginAlreadyLinked
        login = LinkedLogin(mine, caller.issuer, opened.invitation.id, now)
        access = opened.found.body.linking(opened.invitation, login)
        self._point(opened.patient_id, caller, now)
        self._commit(access, opened, caller, now)
        return Redeemed(opened.patient_id, now, ())

    def _let_act(self, opened: Opened, mine: str, caller: Caller, now: datetime) -> Redeemed:
        terms = opened.invitation.family
        if terms is None or opened.found.body.login(mine) is not None:
            raise LoginAlreadyLinked  # nobody acts for themselves
        grant = FamilyGrant(
            id=derived(opened.invitation.id, mine),
            login_id=mine,
            terms=terms,
            given_by=opened.invitation.made_by,
            given_at=now,
            by_patient=opened.invitation.by_patient,
        )
        access = opened.found.body.granting(opened.invitation, grant)
        self._remember_for_whom(opened.patient_id, caller, now)
        self._commit(access, opened, caller, now)
        return Redeemed(opened.patient_id, now, terms.scopes)

    def _point(self, patient_id: PatientId, caller: Caller, now: datetime) -> None:
        """Note where the login is going. One that is on its way elsewhere is not turned round at once."""
        place = login_partition(caller.issuer, caller.subject)
        found = login_of(self.documents, caller.issuer, caller.subject)
        new = linking(caller.issuer, caller.subject, patient_id, at=now)
        if found is None:
            self._create(place, new)
            return
        if found.body.patient_id == patient_id:
            return
        elsewhere = portal_of(self.documents, found.body.patient_id)
        is_in = elsewhere is not None and elsewhere.body.login(derived(caller.issuer, caller.subject))
        if is_in or now < found.body.linked_at + UNDERWAY_FOR:
            raise LoginAlreadyLinked
        self.documents.commit(place, changes=[replacing(found, new.body)])

    def _remember_for_whom(self, patient_id: PatientId, caller: Caller, now: datetime) -> None:
        place = login_partition(caller.issuer, caller.subject)
        new = acting_for(patient_id, at=now)
        if self.documents.look(place, new.id, ActsFor) is None:
            self._create(place, new)

    def _create(self, place: str, new: Create) -> None:
        try:
            self.documents.commit(place, changes=[new])
        except AlreadyExists:
            raise LostRace from None

    def _commit(self, access: PortalAccess, opened: Opened, caller: Caller, now: datetime) -> None:
        write = keeping(opened.found, access)
        told = audited(
            write,
            what="redeem_invitation",
            subject=f"invitation~{opened.invitation.id}",
            who=caller.who,
            now=now,
            patient_id=opened.patient_id,
            entry_id=f"redeem_invitation~{opened.patient_id}~{write.version}",
            action=Action.CREATE,
        )
        self.documents.commit(portal_partition(opened.patient_id), changes=[write], announcements=[told])
        log.info("access.invitation.redeemed", extra={"invitation": opened.invitation.id})


def _redeemed_before(opened: Opened, mine: str) -> Redeemed:
    """Answer again whoever redeemed it and is in still; to anybody else it has been used."""
    access, invitation = opened.found.body, opened.invitation
    login, grant = access.login(mine), access.granted_to(mine)
    if invitation.redeemed_by == mine and login is not None and login.invitation_id == invitation.id:
        return Redeemed(opened.patient_id, login.linked_at, ())
    if grant is not None and grant.id == derived(invitation.id, mine):
        return Redeemed(opened.patient_id, grant.given_at, grant.terms.scopes)
    raise InvitationUsed
