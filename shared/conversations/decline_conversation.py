"""A representative does not take the conversation they are offered (RT-18)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.accept_conversation import at_all, is_offered
from shared.conversations.documents import committed, next_of
from shared.conversations.handing_over import requeued
from shared.conversations.in_hand import audited
from shared.kernel.documents import Documents
from shared.routing.representatives import representative_id


@dataclass(frozen=True, slots=True)
class DeclineConversation:
    """Lets it wait for others, who come first in the next round."""

    documents: Documents

    def __call__(self, *, conversation_id: str, caller: Caller, now: datetime) -> None:
        """Decline it, or raise `NotOfferedToYou` or `OfferOnItsWay`."""
        own = representative_id(caller)
        found = at_all(self.documents, conversation_id)
        is_offered(self.documents, found.body, own, now)
        decision = requeued(next_of(found), own, "declined", now)
        committed(self.documents, found, audited(decision, caller, "decline_conversation", now))
