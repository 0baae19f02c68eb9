"""Who comes to one patient's record by the portal: invitations, logins, family (PA-1, PA-2, PA-9). Pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from shared.kernel.refusals import Conflict, NotFound, Refusal

MOST_INVITATIONS = 30
"""Kept of one patient, the latest; what no longer opens is forgotten first."""
MOST_LOGINS = 10
MOST_GRANTS = 20
MOST_WRONG_DATES = 5
"""Wrong dates of birth after which an invitation opens no more, whoever tried and from wherever."""


class CodeNotAccepted(Refusal):
    """The code opens nothing, or the date of birth is not the one on record."""


class InvitationExpired(Refusal):
    """The invitation is too old; ask for a new one."""


class InvitationUsed(Conflict):
    """The invitation has been used; ask for a new one if it was not you."""


class LoginAlreadyLinked(Conflict):
    """The login belongs to a record already; another record needs another login."""


class PatientHasLogin(Conflict):
    """There is a login for this record already; ask for an invitation that allows another."""


class TooManyLogins(Conflict):
    """As many people come to this record as can be kept: take somebody's way in away first."""


class NoSuchInvitation(NotFound):
    """The patient has no such invitation."""


class NoSuchLogin(NotFound):
    """No such login is linked to the patient's record."""


class NoSuchGrant(NotFound):
    """Nobody has been let in so."""


class NotOpenAnyMore(Conflict):
    """The invitation opens nothing any more."""


class FamilyScope(StrEnum):
    """What somebody who acts for a patient may do."""

    VIEW_ADMINISTRATIVE = "view_administrative"
    VIEW_CLINICAL = "view_clinical"
    BOOK_APPOINTMENTS = "book_appointments"


class InvitationState(StrEnum):
    """What an invitation has come to. Expired is not among them: that is a matter of the time."""

    OPEN = "open"
    REDEEMED = "redeemed"
    REVOKED = "revoked"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class FamilyTerms:
    """On what terms somebody of the family is let in: who in the record, to do what, until when.

    `as_guardian` is for a minor, and ends of itself when the patient comes of age.
    """

    related_person_id: str
    scopes: tuple[FamilyScope, ...]
    until: datetime | None = None
    as_guardian: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """By which message an invitation is sent, and to which contact point, by its keyed name."""

    message_id: str
    channel: str
    contact: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invitation; `id` is a keyed hash of its code. With `family` it is not for the patient."""

    id: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    asks_birth_date: bool
    another_login: bool = False
    family: FamilyTerms | None = None
    why: str | None = None
    by_patient: bool = False
    state: InvitationState = InvitationState.OPEN
    wrong_dates: int = 0
    ended_at: datetime | None = None
    redeemed_by: str | None = None
    sent: Sent | None = None

    def is_open(self, at: datetime) -> bool:
        """Say whether its code still opens something."""
        return self.state is InvitationState.OPEN and at < self.expires_at


@dataclass(frozen=True, slots=True)
class LinkedLogin:
    """A login that is the patient's own; `id` is derived from issuer and subject."""

    id: str
    issuer: str
    invitation_id: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class FamilyGrant:
    """Somebody else's login that may act for the patient, on the terms of the invitation it came by."""

    id: str
    login_id: str
    terms: FamilyTerms
    given_by: str
    given_at: datetime
    by_patient: bool = False


@dataclass(frozen=True, slots=True)
class PortalAccess:
    """All ways into one record, in one document: a code opens once, and what was taken away stays away."""

    invitations: tuple[Invitation, ...] = ()
    logins: tuple[LinkedLogin, ...] = ()
    family: tuple[FamilyGrant, ...] = ()

    def invitation(self, invitation_id: str) -> Invitation | None:
        return next((one for one in self.invitations if one.id == invitation_id), None)

    def login(self, login_id: str) -> LinkedLogin | None:
        return next((one for one in self.logins if one.id == login_id), None)

    def grant(self, grant_id: str) -> FamilyGrant | None:
        return next((one for one in self.family if one.id == grant_id), None)

    def granted_to(self, login_id: str) -> FamilyGrant | None:
        """Give what lets a login act for the patient; a later grant takes the place of an earlier one."""
        return next((one for one in reversed(self.family) if one.login_id == login_id), None)

    def inviting(self, made: Invitation) -> "PortalAccess":
        """Add an invitation; those that are open for the same end open nothing any more."""
        before = tuple(
            replace(one, state=InvitationState.REVOKED, ended_at=made.made_at)
            if one.state is InvitationState.OPEN and _is_for_the_same(one, made)
            else one
            for one in self.invitations
        )
        return replace(self, invitations=_latest((*before, made)))

    def with_invitation(self, changed: Invitation) -> "PortalAccess":
        """Put an invitation in the place of what it was."""
        kept = tuple(changed if one.id == changed.id else one for one in self.invitations)
        return replace(self, invitations=kept)

    def linking(self, invitation: Invitation, login: LinkedLogin) -> "PortalAccess":
        """Let a login in by an invitation. Raises why it may not."""
        if self.logins and not invitation.another_login:
            raise PatientHasLogin
        if len(self.logins) >= MOST_LOGINS:
            raise TooManyLogins
        spent = _spent(invitation, login.id, login.linked_at)
        return replace(self.with_invitation(spent), logins=(*self.logins, login))

    def granting(self, invitation: Invitation, grant: FamilyGrant) -> "PortalAccess":
        """Let somebody act for the patient, by an invitation; what that login had before is replaced."""
        others = tuple(one for one in self.family if one.login_id != grant.login_id)
        if len(others) >= MOST_GRANTS:
            raise TooManyLogins
        spent = _spent(invitation, grant.login_id, grant.given_at)
        return replace(self.with_invitation(spent), family=(*others, grant))

    def without_login(self, login_id: str) -> "PortalAccess":
        return replace(self, logins=tuple(one for one in self.logins if one.id != login_id))

    def without_grant(self, grant_id: str) -> "PortalAccess":
        return replace(self, family=tuple(one for one in self.family if one.id != grant_id))


def revoked(invitation: Invitation, at: datetime) -> Invitation:
    """Let an invitation open nothing any more. Raises `NotOpenAnyMore` for one that was used."""
    if invitation.state is InvitationState.REDEEMED:
        raise NotOpenAnyMore
    return replace(invitation, state=InvitationState.REVOKED, ended_at=at)


def with_wrong_date(invitation: Invitation, at: datetime) -> Invitation:
    """Count a wrong date of birth; after some the invitation is blocked for good."""
    wrong = invitation.wrong_dates + 1
    if wrong < MOST_WRONG_DATES:
        return replace(invitation, wrong_dates=wrong)
    return replace(invitation, wrong_dates=wrong, state=InvitationState.BLOCKED, ended_at=at)


def is_of_age(birth_date: date, today: date, *, at_age: int) -> bool:
    """Say whether somebody has come of age; born on 29 February, on 1 March of other years."""
    birthday_passed = (today.month, today.day) >= (birth_date.month, birth_date.day)
    return today.year - birth_date.year - (0 if birthday_passed else 1) >= at_age


def _is_for_the_same(one: Invitation, other: Invitation) -> bool:
    mine, theirs = one.family, other.family
    if mine is None or theirs is None:
        return mine is theirs
    return mine.related_person_id == theirs.related_person_id


def _spent(invitation: Invitation, login_id: str, at: datetime) -> Invitation:
    return replace(invitation, state=InvitationState.REDEEMED, ended_at=at, redeemed_by=login_id)


def _latest(invitations: tuple[Invitation, ...]) -> tuple[Invitation, ...]:
    """Keep so many: those that have ended give way first, the oldest of them before the others."""
    surplus = len(invitations) - MOST_INVITATIONS
    if surplus <= 0:
        return invitations
    ended = [one for one in invitations if one.state is not InvitationState.OPEN]
    going = [*ended, *invitations][:surplus]
    return tuple(one for one in invitations if one not in going)
