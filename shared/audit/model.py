"""Who did what to whom, and why."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class RecordAudit:
    """Keep in mind what a person did; announced in the commit of the act itself, so neither stands alone.

    `entry_id` says what it is (act, subject, version), `what` names the act, `subject` what it was done to.
    """

    entry_id: str
    at: datetime
    who: str
    what: str
    subject: str
    patient_id: PatientId | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit, written once and never changed."""

    at: datetime
    who: str
    what: str
    subject: str
    patient_id: PatientId | None
    why: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What the privacy officer asks: what was done on a day, or what was done to a patient."""

    day: date | None = None
    patient_id: PatientId | None = None
    after: str | None = None
    limit: int = 100
