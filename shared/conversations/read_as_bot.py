"""What has the patient said to the bot that is elsewhere?"""

from dataclasses import dataclass

from shared.conversations.direct_line import ActivitySet
from shared.conversations.documents import conversation_at
from shared.conversations.hear_external_bot import owned_by_bot
from shared.conversations.read_activities import WhichActivities, place_of, shown_after
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class ReadAsBot:
    """Gives a bot what was said while it owns the conversation; what people say afterwards is not for it."""

    documents: Documents

    def __call__(self, which: WhichActivities, *, conversation_id: str) -> ActivitySet:
        """Give what follows, or raise `NoSuchConversation`, `BotNoLongerOwnsIt` or `Nonsense`."""
        found = conversation_at(self.documents, conversation_id)
        owned_by_bot(found)
        return shown_after(self.documents, found.body, place_of(which.watermark, found.body), all_of_it=True)
