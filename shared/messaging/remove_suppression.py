"""Let a suppressed contact point be written to again."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.model import RecordAudit
from shared.kernel.documents import Documents, announcing, replacing
from shared.messaging.documents import suppression_of
from shared.messaging.suppression import NotSuppressed, lifted


@dataclass(frozen=True, slots=True)
class RemoveSuppression:
    """Lift a suppression, audited; one that a complaint has made stays."""

    documents: Documents

    def __call__(self, *, contact: str, caller: Caller, now: datetime) -> None:
        found = suppression_of(self.documents, contact)
        if found is None:
            raise NotSuppressed
        written = replacing(found, lifted(found.body, now))
        name = f"remove_suppression~{contact}~{written.version}"
        audit = RecordAudit(name, now, caller.who, "remove_suppression", contact)
        self.documents.commit(
            found.partition,
            changes=[written],
            announcements=[announcing(audit, of=written, named=name)],
        )
