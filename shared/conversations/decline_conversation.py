"""A representative does not take the conversation they are offered (RT-18)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.accept_conversation import at_all, is_offered
from shared.conversations.documents import committed, next_of
from shared.conversations.handing_over import requeued
from shared.conversations.in_hand import done_by, has_done
from shared.kernel.documents import Documents
from shared.routing.representatives import representative_id

ACT = "decline_conversation"


@dataclass(frozen=True, slots=True)
class DeclineConversation:
    """Lets it wait for others, who come first in the next round; declined twice, it is declined once."""

    documents: Documents

    def __call__(self, *, conversation_id: str, caller: Caller, now: datetime) -> None:
        """Decline it, or raise `NotOfferedToYou` or `OfferOnItsWay`."""
        own = representative_id(caller)
        found = at_all(self.documents, conversation_id)
        if has_done(found.body, caller, ACT) and not found.body.is_offered_to(own, now):
            return
        is_offered(self.documents, found.body, own, now)
        decision = requeued(next_of(found), own, "declined", now)
        committed(self.documents, found, done_by(decision, caller, ACT, now))
