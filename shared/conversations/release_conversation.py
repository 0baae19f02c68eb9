"""A conversation goes back to its queue: its representative cannot go on, or has gone (CV-6)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller, may
from shared.conversations.conversation import SUPERVISORS
from shared.conversations.conversation_shown import ConversationShown, shown
from shared.conversations.documents import committed, next_of
from shared.conversations.handing_over import released
from shared.conversations.in_hand import audited, readable_by
from shared.conversations.model import NotPossibleNow, NotYourConversation
from shared.conversations.opening_hours import hours_of
from shared.kernel.documents import Documents
from shared.routing.representatives import representative_id


@dataclass(frozen=True, slots=True)
class ReleaseConversation:
    """Lets others take it, at the word of whoever has it in hand or of a supervisor.

    So a talk whose representative has vanished is not left to nobody.
    """

    documents: Documents

    def __call__(self, *, conversation_id: str, caller: Caller, now: datetime) -> ConversationShown:
        """Release it, or raise `NoSuchConversation`, `NotYourConversation` or `NotPossibleNow`."""
        found = readable_by(self.documents, conversation_id, caller, now)
        holder = found.body.served_by
        if holder != representative_id(caller) and not may(caller, *SUPERVISORS):
            raise NotYourConversation
        if holder is None:
            raise NotPossibleNow
        hours = hours_of(self.documents, found.body, now)
        decision = released(next_of(found), holder, hours, now)
        decision = audited(decision, caller, "release_conversation", now)
        committed(self.documents, found, decision)
        return shown(decision.conversation)
