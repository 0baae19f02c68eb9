"""What a person did, told in the commit that did it (D17)."""

from datetime import datetime

from shared.audit.model import Action, Outcome, RecordAudit
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Replace, announcing
from shared.kernel.identity import PatientId


def audited(  # noqa: PLR0913  # by which write, what, to what, by whom, when, about whom, why
    write: Create | Replace,
    *,
    what: str,
    subject: str,
    who: str,
    now: datetime,
    patient_id: PatientId | None = None,
    why: str | None = None,
    entry_id: str | None = None,
    action: Action | None = None,
    outcome: Outcome = Outcome.DONE,
) -> Announcement:
    """Announce the audit entry of `write`, once however often it is told.

    Without an `entry_id` it is named for the subject and the write: `queue/day` gives `queue~day~3`. Without
    an `action`, what creates is a creation, and what replaces what its name says.
    """
    named = entry_id or f"{subject.replace('/', '~', 1)}~{write.version}"
    kind = action or (Action.CREATE if isinstance(write, Create) else None)
    entry = RecordAudit(named, now, who, what, subject, patient_id, why, kind, outcome)
    return announcing(entry, of=write, named=named)
