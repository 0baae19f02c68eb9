"""A representative has wrapped up (CV-6)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.conversation_shown import ConversationShown, shown
from shared.conversations.documents import committed, next_of
from shared.conversations.ending import closed
from shared.conversations.in_hand import audited, held_by
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class CloseConversation:
    """Closes it once and for all; the representative's room is free again, and others hear of it."""

    documents: Documents

    def __call__(self, *, conversation_id: str, caller: Caller, now: datetime) -> ConversationShown:
        """Close it, or raise `NoSuchConversation`, `NotYourConversation` or `NotPossibleNow`."""
        found = held_by(self.documents, conversation_id, caller, now)
        decision = closed(next_of(found), "representative_closed", "AgentClosed", now)
        decision = audited(decision, caller, "close_conversation", now)
        committed(self.documents, found, decision)
        return shown(decision.conversation)
