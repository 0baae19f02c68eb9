"""Show staff how a conversation stands."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.conversation_shown import ConversationShown, shown
from shared.conversations.in_hand import readable_by
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class ReadConversation:
    """Gives one conversation to whoever has it in hand, is offered it, or supervises; to nobody else."""

    documents: Documents

    def __call__(self, *, conversation_id: str, caller: Caller, now: datetime) -> ConversationShown:
        """Show it, or raise `NoSuchConversation`, which also says that it is not theirs to see."""
        return shown(readable_by(self.documents, conversation_id, caller, now).body)
