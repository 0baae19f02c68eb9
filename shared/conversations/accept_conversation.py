"""A representative takes the conversation they are offered (CV-6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.access.model import Caller
from shared.conversations.conversation import Conversation
from shared.conversations.conversation_shown import ConversationShown, shown
from shared.conversations.documents import committed, conversation_at, next_of
from shared.conversations.handing_over import accepted
from shared.conversations.in_hand import audited
from shared.conversations.lifecycle import WAITING
from shared.conversations.model import NoSuchConversation, NotOfferedToYou, OfferOnItsWay
from shared.kernel.documents import Document, Documents
from shared.routing.documents import is_offered_to
from shared.routing.model import RepresentativeId
from shared.routing.representatives import representative_id

SOON = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class AcceptConversation:
    """Puts it into the caller's hands while the offer stands; accepted twice, it is theirs once."""

    documents: Documents

    def __call__(self, *, conversation_id: str, caller: Caller, now: datetime) -> ConversationShown:
        """Take it, or raise `NotOfferedToYou` or `OfferOnItsWay`."""
        own = representative_id(caller)
        found = at_all(self.documents, conversation_id)
        if found.body.state == "active" and found.body.served_by == own:
            return shown(found.body)
        is_offered(self.documents, found.body, own, now)
        decision = audited(accepted(next_of(found), own, now), caller, "accept_conversation", now)
        committed(self.documents, found, decision)
        return shown(decision.conversation)


def is_offered(
    documents: Documents, conversation: Conversation, own: RepresentativeId, now: datetime
) -> None:
    """Raise `NotOfferedToYou` unless it is offered to them, or `OfferOnItsWay` where it is about to be.

    Their own list shows an offer from when room is kept for it, which may be a moment before we hear of it.
    """
    if conversation.is_offered_to(own, now):
        return
    waits = conversation.lifecycle == WAITING and conversation.offered_to is None
    if waits and is_offered_to(documents, conversation.id, conversation.round, own, now):
        raise OfferOnItsWay(retry_after=SOON)
    raise NotOfferedToYou


def at_all(documents: Documents, conversation_id: str) -> Document[Conversation]:
    """Read it. What is not there and what is not theirs are told with the same words."""
    try:
        return conversation_at(documents, conversation_id)
    except NoSuchConversation:
        raise NotOfferedToYou from None
