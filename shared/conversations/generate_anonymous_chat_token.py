"""Somebody whom we do not know wants to talk."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.ports import Seals
from shared.conversations.direct_line import TokenGiven
from shared.conversations.visitors import LASTS, token_for, visitor_to
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures


@dataclass(frozen=True, slots=True)
class GenerateAnonymousChatToken:
    """Gives a token for a new conversation, of nobody's record; nothing is written until they begin.

    While chat is switched off there is no new one: `FeatureIsOff` (OP-3).
    """

    seals: Seals
    features: LiveFeatures

    def __call__(self, *, conversation_id: str, real: datetime) -> TokenGiven:
        self.features.require(Feature.CHAT)
        token = token_for(self.seals, visitor_to(conversation_id, None), real=real)
        return TokenGiven(conversation_id, token, int(LASTS.total_seconds()), isNew=True)
