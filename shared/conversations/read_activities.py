"""What has been said since?"""

from dataclasses import dataclass

from shared.access.model import ChatVisitor
from shared.conversations.conversation import Conversation
from shared.conversations.direct_line import ActivitySet, on_the_wire
from shared.conversations.documents import activities_after, conversation_of
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense

MOST = 100
MOST_BEHIND = 50
"""So many places may the replica that is read be behind one that was read before."""


@dataclass(frozen=True, slots=True)
class WhichActivities:
    """Those after the watermark of a former answer; without one, from the beginning."""

    watermark: str | None = None


@dataclass(frozen=True, slots=True)
class ReadActivities:
    """Gives the patient what they may see, up to 100 at a time; what is for representatives is left out."""

    documents: Documents

    def __call__(self, which: WhichActivities, *, conversation_id: str, caller: ChatVisitor) -> ActivitySet:
        """Give what follows, or raise `NoSuchConversation` or `Nonsense`."""
        conversation = conversation_of(self.documents, conversation_id, caller).body
        place = place_of(which.watermark, conversation)
        return shown_after(self.documents, conversation, place, all_of_it=False)


def shown_after(
    documents: Documents, conversation: Conversation, place: int, *, all_of_it: bool
) -> ActivitySet:
    """Give what follows a place in Direct Line's words.

    The watermark is the last place looked at, shown or not, so that nobody waits behind what is hidden.
    """
    page = activities_after(documents, conversation.id, place, limit=MOST)
    activities = [found.body for found in page.items]
    shown = [
        on_the_wire(activity, conversation.id, conversation.user_id)
        for activity in activities
        if all_of_it or activity.for_patient
    ]
    last = activities[-1].sequence if activities else place
    return ActivitySet(tuple(shown), str(last))


def place_of(watermark: str | None, conversation: Conversation) -> int:
    """Give the place that a watermark marks. Raises `Nonsense` for one that no answer of ours held.

    One a little beyond the end came from a replica that knew more: after it there is nothing new yet.
    """
    if not watermark:
        return 0
    if not (watermark.isascii() and watermark.isdigit() and len(watermark) <= 10):
        raise Nonsense(("watermark", "must be a former answer's"))
    if int(watermark) >= conversation.next_sequence + MOST_BEHIND:
        raise Nonsense(("watermark", "beyond the end"))
    return int(watermark)
