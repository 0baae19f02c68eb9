"""Come back to a conversation that is there."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import ChatVisitor
from shared.access.ports import Seals
from shared.conversations.direct_line import TokenGiven
from shared.conversations.documents import conversation_of
from shared.conversations.read_activities import WhichActivities, place_of
from shared.conversations.visitors import LASTS, token_for
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class RejoinConversation:
    """Gives a fresh token to who was cut off; the watermark is looked at, so that a wrong one shows early."""

    documents: Documents
    seals: Seals

    def __call__(
        self,
        which: WhichActivities,
        *,
        conversation_id: str,
        caller: ChatVisitor,
        real: datetime,
    ) -> TokenGiven:
        """Give the token, or raise `NoSuchConversation` or `Nonsense`."""
        found = conversation_of(self.documents, conversation_id, caller)
        place_of(which.watermark, found.body)
        token = token_for(self.seals, caller, real=real)
        return TokenGiven(conversation_id, token, int(LASTS.total_seconds()), isNew=False)
