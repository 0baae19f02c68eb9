"""Show staff what was said, the bot's part included (BH-8)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.conversation_shown import ActivityShown, activity_shown
from shared.conversations.documents import activities_after
from shared.conversations.in_hand import readable_by
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense

MOST = 100


@dataclass(frozen=True, slots=True)
class WhichWords:
    """Those after a place, which is a former answer's `next`; at most `limit` of them."""

    after: int = 0
    limit: int = MOST


@dataclass(frozen=True, slots=True)
class Transcript:
    """Some of what was said, in order, for whose record; `next` is where to go on, also for what comes."""

    patient_id: PatientId | None
    activities: tuple[ActivityShown, ...]
    next: int


@dataclass(frozen=True, slots=True)
class ReadTranscript:
    """Gives everything that was said, what the patient is not shown included, to who may see it."""

    documents: Documents

    def __call__(
        self, which: WhichWords, *, conversation_id: str, caller: Caller, now: datetime
    ) -> Transcript:
        """Give a page, or raise `NoSuchConversation` or `Nonsense`."""
        conversation = readable_by(self.documents, conversation_id, caller, now).body
        if not 0 <= which.after < conversation.next_sequence:
            raise Nonsense(("after", "beyond the end"))
        if not 1 <= which.limit <= MOST:
            raise Nonsense(("limit", f"must be 1 to {MOST}"))
        page = activities_after(self.documents, conversation_id, which.after, limit=which.limit)
        said = tuple(activity_shown(found.body) for found in page.items)
        return Transcript(conversation.patient_id, said, said[-1].sequence if said else which.after)
