"""A representative ends the talk and wraps up (CV-6)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.conversation_shown import ConversationShown, shown
from shared.conversations.documents import committed, next_of
from shared.conversations.ending import ended
from shared.conversations.in_hand import done_by, has_done, held_by
from shared.kernel.documents import Documents

ACT = "end_conversation"


@dataclass(frozen=True, slots=True)
class EndConversation:
    """Ends the talk; the representative keeps it in hand, and their room stays taken, until they close it.

    Ended twice, it is ended once.
    """

    documents: Documents

    def __call__(self, *, conversation_id: str, caller: Caller, now: datetime) -> ConversationShown:
        """End it, or raise `NoSuchConversation`, `NotYourConversation` or `NotPossibleNow`."""
        found = held_by(self.documents, conversation_id, caller, now)
        if has_done(found.body, caller, ACT):
            return shown(found.body)
        decision = ended(next_of(found), "representative_ended", "AgentEndConversation", now)
        decision = done_by(decision, caller, ACT, now)
        committed(self.documents, found, decision)
        return shown(decision.conversation)
