"""Nobody has said anything for long enough (CV-8), or nobody answers any more (CV-6)."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.conversations.activities import SYSTEM, told
from shared.conversations.conversation import Conversation
from shared.conversations.documents import committed, conversation_at, next_of
from shared.conversations.ending import closed
from shared.conversations.handing_over import released
from shared.conversations.lifecycle import IN_HAND
from shared.conversations.model import CloseIdleConversation
from shared.conversations.opening_hours import hours_of
from shared.kernel.documents import Document, Documents
from shared.routing.documents import has_gone

log = logging.getLogger(__name__)


LEFT_WAITING = "We are sorry that you have been left without an answer."


@dataclass(frozen=True, slots=True)
class CloseIdle:
    """Closes what has been idle ever since it was found so; whoever spoke meanwhile keeps it open.

    While an offer stands it is left alone too: the next sweep comes back to it. A talk in hand is not closed:
    where its patient has waited for a word and the representative is away, or has been silent for too long
    (as the workstream says), it goes back to its queue and their room is free. An answer that comes in that
    very moment wins, or is no longer theirs to give: one commit of the two stands.
    """

    documents: Documents

    def __call__(self, idle: CloseIdleConversation, *, now: datetime) -> None:
        found = conversation_at(self.documents, idle.conversation_id)
        if found.body.lifecycle == IN_HAND:
            self._released(found, now)
        elif found.body.changed_at == idle.changed_at and _is_idle(found.body, now):
            committed(self.documents, found, closed(next_of(found), "fell_idle", "AutoClose", now))
            log.info("conversations.closed_idle", extra={"conversation": idle.conversation_id})

    def _released(self, found: Document[Conversation], now: datetime) -> None:
        holder, due_at = found.body.served_by, found.body.unanswered_until
        if holder is None or due_at is None or now < due_at:
            return
        if not found.body.has_waited_too_long(now) and not has_gone(self.documents, holder):
            return
        decision = next_of(found).saying(SYSTEM, told(LEFT_WAITING), at=now)
        hours = hours_of(self.documents, found.body, now)
        committed(self.documents, found, released(decision, holder, hours, now))
        log.info("conversations.released_unanswered", extra={"conversation": found.body.id})


def _is_idle(conversation: Conversation, now: datetime) -> bool:
    closes_at, offered_until = conversation.closes_at, conversation.offered_until
    if closes_at is None or now < closes_at:
        return False
    return offered_until is None or offered_until <= now
