"""The audit as documents: spread over buckets, so that no day sits in one partition (D4)."""

from datetime import UTC, date, datetime

from shared.audit.model import AuditEntry, RecordAudit
from shared.kernel.documents import Create, Document, Index
from shared.kernel.identity import derived

BUCKETS = 16
BY_PATIENT = Index("audit", "patient_id")
BY_PERSON = Index("audit", "who")
INDEXES = (BY_PATIENT, BY_PERSON)


def partition_of(asked: RecordAudit) -> str:
    """Give the same place however often the same entry is recorded."""
    return bucket_partition(asked.at.astimezone(UTC).date(), int(derived(asked.entry_id)[:8], 16) % BUCKETS)


def bucket_partition(day: date, bucket: int) -> str:
    return f"audit/{day.isoformat()}~{bucket:02}"


def recording(asked: RecordAudit, *, now: datetime) -> Create:
    """Write the entry under an id that sorts by time and says what it is."""
    instant = asked.at.astimezone(UTC).strftime("%Y%m%dT%H%M%S%f")
    entry = AuditEntry(
        asked.at,
        asked.who,
        asked.what,
        asked.subject,
        asked.patient_id,
        asked.why,
        recorded_at=now,
        action=asked.action,
        outcome=asked.outcome,
        roles=asked.roles,
        ground=asked.ground,
    )
    return Create(f"audit~{instant}~{derived(asked.entry_id)}", entry)


def day_of(document: Document[AuditEntry]) -> str:
    """Give the day under which an entry is kept."""
    return document.partition.partition("/")[2].partition("~")[0]
