"""List messages of which nobody can say whether they were sent."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Document, Documents
from shared.kernel.identity import PatientId
from shared.messaging.decision import Decision
from shared.messaging.documents import DECISION_STATE
from shared.messaging.list_messages import MessagesQuery, checked_limit
from shared.messaging.model import Cause, Channel, MessageState, Purpose


@dataclass(frozen=True, slots=True)
class UncertainMessage:
    """One such message. `asked_again_at` is None when only a person, or a late report, can settle it."""

    message_id: str
    patient_id: PatientId
    contact: str
    channel: Channel
    purpose: Purpose | None
    because: str
    attempts: int
    since: datetime
    asked_again_at: datetime | None
    reason: Cause | None = None


@dataclass(frozen=True, slots=True)
class UncertainPage:
    """Some of them; `next` is where to go on."""

    messages: tuple[UncertainMessage, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListUncertain:
    """List them, so that none is missing without anybody knowing."""

    documents: Documents

    def __call__(self, query: MessagesQuery) -> UncertainPage:
        checked_limit(query)
        page = self.documents.find(
            DECISION_STATE,
            Decision,
            equal_to=MessageState.UNCERTAIN.value,
            limit=query.limit,
            after=query.after,
        )
        return UncertainPage(tuple(map(_shown, page.items)), page.next)


def _shown(found: Document[Decision]) -> UncertainMessage:
    decision, order = found.body, found.body.order
    return UncertainMessage(
        message_id=order.message_id,
        patient_id=order.patient_id,
        contact=order.contact,
        channel=order.channel,
        purpose=decision.purpose,
        because=order.because,
        attempts=len(decision.attempts),
        since=decision.moved_at,
        asked_again_at=decision.claimed_until,
        reason=decision.reason,
    )
