"""A conversation goes back to its queue: its representative cannot go on, or has gone (CV-6)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller, may
from shared.conversations.conversation import SUPERVISORS
from shared.conversations.conversation_shown import ConversationShown, shown
from shared.conversations.documents import committed, conversation_at, next_of
from shared.conversations.handing_over import released
from shared.conversations.in_hand import done_by, has_done, readable_by
from shared.conversations.lifecycle import WAITING
from shared.conversations.model import NotPossibleNow, NotYourConversation
from shared.conversations.opening_hours import hours_of
from shared.kernel.documents import Documents
from shared.routing.representatives import representative_id

ACT = "release_conversation"


@dataclass(frozen=True, slots=True)
class ReleaseConversation:
    """Lets others take it, at the word of whoever has it in hand or of a supervisor.

    So a talk whose representative has vanished is not left to nobody. Released twice, it is released once, as
    long as nobody else has taken it: then it is no longer for who has given it back to see.
    """

    documents: Documents

    def __call__(self, *, conversation_id: str, caller: Caller, now: datetime) -> ConversationShown:
        """Release it, or raise `NoSuchConversation`, `NotYourConversation` or `NotPossibleNow`."""
        before = conversation_at(self.documents, conversation_id)
        if has_done(before.body, caller, ACT) and before.body.lifecycle == WAITING:
            return shown(before.body)
        found = readable_by(self.documents, conversation_id, caller, now)
        holder = found.body.served_by
        if holder != representative_id(caller) and not may(caller, *SUPERVISORS):
            raise NotYourConversation
        if holder is None:
            raise NotPossibleNow
        hours = hours_of(self.documents, found.body, now)
        decision = released(next_of(found), holder, hours, now)
        decision = done_by(decision, caller, ACT, now)
        committed(self.documents, found, decision)
        return shown(decision.conversation)
