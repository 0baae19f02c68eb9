"""Teams and logins as documents."""

import re
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Team
from shared.kernel.documents import Create, Documents
from shared.kernel.identity import PatientId, derived

_ID = re.compile(r"[^/\\?#]{1,120}")


@dataclass(frozen=True, slots=True)
class Login:
    """Which patient's record a login is linked to, and since when."""

    patient_id: PatientId
    linked_at: datetime


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


def login_of(documents: Documents, issuer: str, subject: str) -> Login | None:
    """Give what a login is linked to."""
    found = documents.look(login_partition(issuer, subject), login_id(issuer, subject), Login)
    return found.body if found else None


def login_partition(issuer: str, subject: str) -> str:
    return f"login/{derived(issuer, subject)}"


def login_id(issuer: str, subject: str) -> str:
    return f"login~{derived(issuer, subject)}"


def linking(issuer: str, subject: str, patient_id: PatientId, *, at: datetime) -> Create:
    return Create(login_id(issuer, subject), Login(patient_id, at))
