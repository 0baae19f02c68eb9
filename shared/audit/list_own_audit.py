"""Show patients who has been at their record."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from shared.audit.list_audit import ListAudit
from shared.audit.model import BREAK_GLASS, FAMILY, OWN_RECORD, Action, AuditEntry, AuditQuery, Outcome
from shared.kernel.identity import PatientId

By = Literal["you", "family", "staff", "somebody_else"]
"""The last is whoever was refused without being any of the others: another login, or one without a role."""


@dataclass(frozen=True, slots=True)
class WhichLooks:
    """Of which days (UTC), and how many at once; `after` is a former answer's `next`."""

    since: date | None = None
    until: date | None = None
    after: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class LookShown:
    """What was done to the record, and by whom: staff by their roles, never by name (decision 37)."""

    at: datetime
    what: str
    action: Action
    by: By
    roles: tuple[str, ...]
    without_care_relationship: bool
    refused: bool


@dataclass(frozen=True, slots=True)
class LooksFound:
    """Some of it, in the order in which it was done. A page may hold few, or none, and still have a next."""

    looks: tuple[LookShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListOwnAudit:
    """List who read and changed a patient's record, for that patient; attempts that were refused too."""

    list_audit: ListAudit

    def __call__(self, which: WhichLooks, *, patient_id: PatientId, who: str) -> LooksFound:
        query = AuditQuery(
            patient_id=patient_id,
            after=which.after,
            limit=which.limit,
            since=which.since,
            until=which.until,
        )
        page = self.list_audit(query)
        return LooksFound(tuple(_shown(entry, who) for entry in page.entries), page.next)


def _shown(entry: AuditEntry, who: str) -> LookShown:
    by = _by(entry, who)
    return LookShown(
        entry.at,
        entry.what,
        entry.kind,
        by,
        entry.roles if by == "staff" else (),
        entry.ground == BREAK_GLASS,
        entry.outcome is Outcome.REFUSED,
    )


def _by(entry: AuditEntry, who: str) -> By:
    if entry.who == who or entry.ground == OWN_RECORD:
        return "you"
    if entry.ground == FAMILY:
        return "family"
    is_stranger = entry.outcome is Outcome.REFUSED and not entry.roles
    return "somebody_else" if is_stranger else "staff"
