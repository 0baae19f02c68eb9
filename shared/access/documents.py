"""Teams, logins, and the ways into a record, as documents."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.access.model import Team
from shared.access.portal_access import Invitation, PortalAccess
from shared.kernel.documents import Create, Document, Documents, Replace, replacing
from shared.kernel.identity import PatientId, derived

_ID = re.compile(r"[^/\\?#]{1,120}")


POINTERS_LAST = timedelta(days=90)
"""After an invitation's end its code is still known for what it was; then it is one that never was."""


@dataclass(frozen=True, slots=True)
class Login:
    """Whose record a login is on its way into; whether it is in, only that patient's `PortalAccess` says."""

    patient_id: PatientId
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class ActsFor:
    """Says that a login may have been let in to act for a patient; whether it is, `PortalAccess` says."""

    patient_id: PatientId
    since: datetime


@dataclass(frozen=True, slots=True)
class InvitationOf:
    """Whose invitation a code opens; all else about it is kept with the patient."""

    patient_id: PatientId


def team_of(documents: Documents, group: str) -> Team | None:
    """Give the team that an Entra group stands for; most groups stand for none."""
    if not _ID.fullmatch(group):
        return None
    found = documents.look(team_partition(group), f"team~{group}", Team)
    return found.body if found else None


def team_partition(team: str) -> str:
    return f"team/{team}"


def defining(team: Team) -> Create:
    return Create(f"team~{team.id}", team)


def login_of(documents: Documents, issuer: str, subject: str) -> Document[Login] | None:
    """Give whose record a login points at."""
    return documents.look(login_partition(issuer, subject), login_id(issuer, subject), Login)


def login_partition(issuer: str, subject: str) -> str:
    return f"login/{derived(issuer, subject)}"


def login_id(issuer: str, subject: str) -> str:
    return f"login~{derived(issuer, subject)}"


def linking(issuer: str, subject: str, patient_id: PatientId, *, at: datetime) -> Create:
    return Create(login_id(issuer, subject), Login(patient_id, at))


def acting_for(patient_id: PatientId, *, at: datetime) -> Create:
    return Create(f"{ACTS_FOR}~{derived(patient_id)}", ActsFor(patient_id, at))


ACTS_FOR = "acts-for"
PORTAL = "portal~access"


def portal_of(documents: Documents, patient_id: PatientId) -> Document[PortalAccess] | None:
    """Give all ways into a patient's record."""
    return documents.look(portal_partition(patient_id), PORTAL, PortalAccess)


def portal_partition(patient_id: PatientId) -> str:
    return f"patient/{patient_id}"


def keeping(found: Document[PortalAccess] | None, access: PortalAccess) -> Create | Replace:
    """Write the ways into a record, over what was read."""
    return replacing(found, access) if found else Create(PORTAL, access)


def invitation_partition(invitation_id: str) -> str:
    return f"invitation/{invitation_id}"


def pointing(invitation: Invitation, patient_id: PatientId) -> Create:
    """Let a code's name lead to its patient."""
    gone_at = invitation.expires_at + POINTERS_LAST
    return Create(f"invitation~{invitation.id}", InvitationOf(patient_id), gone_at)


def patient_invited(documents: Documents, invitation_id: str) -> PatientId | None:
    """Give whose invitation it is, or None where there is none by that name."""
    place = invitation_partition(invitation_id)
    found = documents.look(place, f"invitation~{invitation_id}", InvitationOf)
    return found.body.patient_id if found else None
