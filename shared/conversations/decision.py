"""What becomes of a conversation in one commit: how it then stands, what is said, who is told. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.conversations.activities import Activity, ActivityType, Author, Words
from shared.conversations.conversation import Conversation


@dataclass(frozen=True, slots=True)
class Told:
    """An announcement to be made; see `Announcement`."""

    content: object
    named: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A conversation on its way to its next write, which is the `version`th."""

    conversation: Conversation
    version: int
    said: tuple[Activity, ...] = ()
    told: tuple[Told, ...] = ()

    def standing(self, conversation: Conversation) -> "Decision":
        """Let the conversation stand so."""
        return replace(self, conversation=conversation)

    def telling(self, *told: Told) -> "Decision":
        """Announce this as well."""
        return replace(self, told=(*self.told, *told))

    def saying(  # who, what, when, and to whom
        self,
        author: Author,
        words: Words,
        *,
        at: datetime,
        type: ActivityType = "message",  # noqa: A002  # the activity's own word
        for_patient: bool = True,
        client_id: str | None = None,
    ) -> "Decision":
        """Say it at the next free place; a bot's words answer what the patient said just before."""
        activity = Activity(
            sequence=self.conversation.next_sequence,
            type=type,
            author=author,
            at=at,
            for_patient=for_patient,
            words=words,
            client_id=client_id,
            reply_to=self._answered() if author.role == "bot" else None,
        )
        following = replace(self.conversation, next_sequence=activity.sequence + 1)
        return replace(self, conversation=following, said=(*self.said, activity))

    def _answered(self) -> int | None:
        """Give the place of what the patient has said in this very commit."""
        spoken = [one.sequence for one in self.said if one.author.role == "user"]
        return spoken[-1] if spoken else None
