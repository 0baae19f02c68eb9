"""Let a parked message rest for good."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Document, Documents, replacing
from shared.operations.documents import audited, parked_message
from shared.operations.model import Decision, State
from shared.operations.replay_parked import decided, was_decided
from shared.operations.settle_parked import KEPT_FOR
from shared.operations.shown import ParkedShown, shown


@dataclass(frozen=True, slots=True)
class DiscardParked:
    """Decide that a message is never sent again; it can be read for a while yet.

    Decided once more by the same person and for the same reason, it is answered as the first time.
    """

    documents: Documents

    def __call__(self, decision: Decision, *, parked_id: str, caller: Caller, now: datetime) -> ParkedShown:
        before = parked_message(self.documents, parked_id)
        if was_decided(before.body, State.DISCARDED, decision, caller=caller):
            return shown(before)
        after = decided(before.body, State.DISCARDED, decision, caller=caller, now=now)
        change = replacing(before, after, expires_at=now + KEPT_FOR)
        entry = audited("discard_parked", change, parked_id, caller=caller, now=now, why=decision.why)
        self.documents.commit(before.partition, changes=[change], announcements=[entry])
        return shown(Document(before.partition, before.id, change.version, "", after))
