"""A representative takes the conversation they are offered (CV-6)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.conversation import Conversation
from shared.conversations.conversation_shown import ConversationShown, shown
from shared.conversations.documents import committed, conversation_at, next_of
from shared.conversations.handing_over import accepted
from shared.conversations.in_hand import audited
from shared.conversations.model import NoSuchConversation, NotOfferedToYou
from shared.kernel.documents import Document, Documents
from shared.routing.representatives import representative_id


@dataclass(frozen=True, slots=True)
class AcceptConversation:
    """Puts it into the caller's hands while the offer stands; accepted twice, it is theirs once."""

    documents: Documents

    def __call__(self, *, conversation_id: str, caller: Caller, now: datetime) -> ConversationShown:
        """Take it, or raise `NotOfferedToYou`."""
        own = representative_id(caller)
        found = at_all(self.documents, conversation_id)
        if found.body.state == "active" and found.body.served_by == own:
            return shown(found.body)
        if not found.body.is_offered_to(own, now):
            raise NotOfferedToYou
        decision = audited(accepted(next_of(found), own, now), caller, "accept_conversation", now)
        committed(self.documents, found, decision)
        return shown(decision.conversation)


def at_all(documents: Documents, conversation_id: str) -> Document[Conversation]:
    """Read it. What is not there and what is not theirs are told with the same words."""
    try:
        return conversation_at(documents, conversation_id)
    except NoSuchConversation:
        raise NotOfferedToYou from None
