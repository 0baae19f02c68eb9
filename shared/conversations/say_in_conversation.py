"""A representative says something (CV-2)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.activities import Author, Words
from shared.conversations.attachments import AttachmentPosted, of_person
from shared.conversations.conversation import moved
from shared.conversations.documents import committed, next_of, posted_before, posted_document
from shared.conversations.ending import bounded
from shared.conversations.in_hand import audited, held_by
from shared.conversations.plain_words import text_of
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive


@dataclass(frozen=True, slots=True)
class MessageSaid:
    """What the representative writes, as Markdown at most, and links to files."""

    text: Sensitive[str] | None = None
    attachments: tuple[AttachmentPosted, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageKept:
    """At which place of the transcript it stands."""

    conversation_id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class SayInConversation:
    """Keeps what the representative says to the patient; the same `message_id` is kept once."""

    documents: Documents

    def __call__(
        self, said: MessageSaid, *, conversation_id: str, message_id: str, caller: Caller, now: datetime
    ) -> MessageKept:
        """Say it, or raise `NoSuchConversation`, `NotYourConversation`, `NotPossibleNow` or `Nonsense`."""
        found = held_by(self.documents, conversation_id, caller, now)
        note = posted_document("representative", message_id)
        before = posted_before(self.documents, conversation_id, note)
        if before is not None:
            return MessageKept(conversation_id, before)
        owner, place = found.body.owner, found.body.next_sequence
        decision = next_of(found).standing(moved(found.body, "representative_spoke", now))
        decision = decision.saying(Author("representative", owner.id, owner.name), _words(said), at=now)
        decision = audited(bounded(decision, now), caller, "say_in_conversation", now)
        committed(self.documents, found, decision, posted=(note, place))
        return MessageKept(conversation_id, place)


def _words(said: MessageSaid) -> Words:
    text, attachments = text_of(said.text), of_person(said.attachments)
    if text is None and not attachments:
        raise Nonsense(("text", "missing"))
    return Words(text=text, text_format="markdown", attachments=attachments)
