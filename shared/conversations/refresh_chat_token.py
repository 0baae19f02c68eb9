"""Go on talking for longer than a token lasts."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import ChatVisitor
from shared.access.ports import Seals
from shared.conversations.direct_line import TokenGiven
from shared.conversations.visitors import LASTS, token_for


@dataclass(frozen=True, slots=True)
class RefreshChatToken:
    """Gives another token for the same conversation to who holds one that is still good."""

    seals: Seals

    def __call__(self, *, caller: ChatVisitor, real: datetime) -> TokenGiven:
        token = token_for(self.seals, caller, real=real)
        return TokenGiven(caller.conversation_id, token, int(LASTS.total_seconds()), isNew=False)
