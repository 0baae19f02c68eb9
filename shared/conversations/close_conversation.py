"""A representative has wrapped up (CV-6)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.conversation_shown import ConversationShown, shown
from shared.conversations.documents import committed, next_of
from shared.conversations.ending import closed
from shared.conversations.in_hand import done_by, has_done, held_by
from shared.kernel.documents import Documents

ACT = "close_conversation"


@dataclass(frozen=True, slots=True)
class CloseConversation:
    """Closes it once and for all; the representative's room is free again, and others hear of it.

    Closed twice, it is closed once.
    """

    documents: Documents

    def __call__(self, *, conversation_id: str, caller: Caller, now: datetime) -> ConversationShown:
        """Close it, or raise `NoSuchConversation`, `NotYourConversation` or `NotPossibleNow`."""
        found = held_by(self.documents, conversation_id, caller, now)
        if has_done(found.body, caller, ACT):
            return shown(found.body)
        decision = closed(next_of(found), "representative_closed", "AgentClosed", now)
        decision = done_by(decision, caller, ACT, now)
        committed(self.documents, found, decision)
        return shown(decision.conversation)
