"""Somebody whom we do not know wants to talk."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.ports import Seals
from shared.conversations.direct_line import TokenGiven
from shared.conversations.visitors import LASTS, token_for, visitor_to


@dataclass(frozen=True, slots=True)
class GenerateAnonymousChatToken:
    """Gives a token for a new conversation, of nobody's record; nothing is written until they begin."""

    seals: Seals

    def __call__(self, *, conversation_id: str, real: datetime) -> TokenGiven:
        token = token_for(self.seals, visitor_to(conversation_id, None), real=real)
        return TokenGiven(conversation_id, token, int(LASTS.total_seconds()), isNew=True)
