"""Nobody has said anything for long enough (CV-8)."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.conversations.conversation import Conversation
from shared.conversations.documents import committed, conversation_at, next_of
from shared.conversations.ending import closed
from shared.conversations.model import CloseIdleConversation
from shared.kernel.documents import Documents

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CloseIdle:
    """Closes what has been idle ever since it was found so; whoever spoke meanwhile keeps it open.

    While an offer stands it is left alone too: the next sweep comes back to it.
    """

    documents: Documents

    def __call__(self, idle: CloseIdleConversation, *, now: datetime) -> None:
        found = conversation_at(self.documents, idle.conversation_id)
        if found.body.changed_at != idle.changed_at or not _is_idle(found.body, now):
            return
        committed(self.documents, found, closed(next_of(found), "fell_idle", "AutoClose", now))
        log.info("conversations.closed_idle", extra={"conversation": idle.conversation_id})


def _is_idle(conversation: Conversation, now: datetime) -> bool:
    closes_at, offered_until = conversation.closes_at, conversation.offered_until
    if closes_at is None or now < closes_at:
        return False
    return offered_until is None or offered_until <= now
