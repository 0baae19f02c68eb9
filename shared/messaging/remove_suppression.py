"""Let a suppressed contact point be written to again."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Documents, replacing
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
        told = audited(
            written,
            what="remove_suppression",
            subject=contact,
            who=caller.who,
            now=now,
            entry_id=f"remove_suppression~{contact}~{written.version}",
        )
        self.documents.commit(found.partition, changes=[written], announcements=[told])
