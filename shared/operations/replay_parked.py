"""Let a parked message have another try."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Document, Documents, replacing
from shared.operations.documents import audited, parked_message, to_be_carried_out
from shared.operations.model import (
    CARRIED_OUT,
    NO_QUEUE,
    AlreadyDecided,
    Decision,
    NoQueueToReturnTo,
    ParkedMessage,
    State,
)
from shared.operations.shown import ParkedShown, shown


@dataclass(frozen=True, slots=True)
class ReplayParked:
    """Decide that a message is sent again, under a new id; the sending follows by announcement (D5).

    What no queue carries came from none and can only be discarded. Decided once more by the same person and
    for the same reason, it is answered as the first time: whoever asks may not have heard (a crash, a lost
    answer).
    """

    documents: Documents

    def __call__(self, decision: Decision, *, parked_id: str, caller: Caller, now: datetime) -> ParkedShown:
        before = parked_message(self.documents, parked_id)
        if was_decided(before.body, State.REPLAYING, decision, caller=caller):
            return shown(before)
        if before.body.message.queue == NO_QUEUE:
            raise NoQueueToReturnTo
        after = decided(before.body, State.REPLAYING, decision, caller=caller, now=now)
        change = replacing(before, after)
        self.documents.commit(
            before.partition,
            changes=[change],
            announcements=[
                to_be_carried_out(parked_id, change),
                audited("replay_parked", change, parked_id, caller=caller, now=now, why=decision.why),
            ],
        )
        return shown(Document(before.partition, before.id, change.version, "", after))


def was_decided(parked: ParkedMessage, to: State, decision: Decision, *, caller: Caller) -> bool:
    """Say whether this very decision stands already, carried out or not."""
    stands = parked.state in (to, CARRIED_OUT.get(to))
    return stands and (parked.decided_by, parked.why) == (caller.who, decision.why)


def decided(
    parked: ParkedMessage, to: State, decision: Decision, *, caller: Caller, now: datetime
) -> ParkedMessage:
    """Give the message as decided about, or raise `AlreadyDecided`."""
    if parked.state is not State.PARKED:
        raise AlreadyDecided
    return replace(parked, state=to, decided_by=caller.who, decided_at=now, why=decision.why)
