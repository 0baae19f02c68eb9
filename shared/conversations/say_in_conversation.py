"""A representative says something (CV-2)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.activities import Author, Words
from shared.conversations.attachments import AttachmentPosted, of_person
from shared.conversations.conversation import moved
from shared.conversations.documents import (
    activity_at,
    committed,
    next_of,
    posted_before,
    posted_document,
)
from shared.conversations.ending import bounded
from shared.conversations.in_hand import audited, held_by
from shared.conversations.model import SaidOtherwise
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
        """Say it, or raise `NoSuchConversation`, `NotYourConversation`, `NotPossibleNow` or `Nonsense`.

        Other words than those that are kept under the `message_id` raise `SaidOtherwise`.
        """
        found = held_by(self.documents, conversation_id, caller, now)
        words = _words(said)
        note = posted_document("representative", message_id)
        before = posted_before(self.documents, conversation_id, note)
        if before is not None:
            if activity_at(self.documents, conversation_id, before).words != words:
                raise SaidOtherwise
            return MessageKept(conversation_id, before)
        owner, place = found.body.owner, found.body.next_sequence
        decision = next_of(found).standing(moved(found.body, "representative_spoke", now))
        decision = decision.saying(Author("representative", owner.id, owner.name), words, at=now)
        decision = audited(bounded(decision, now), caller, "say_in_conversation", now)
        committed(self.documents, found, decision, posted=(note, place))
        return MessageKept(conversation_id, place)


def _words(said: MessageSaid) -> Words:
    text, attachments = text_of(said.text), of_person(said.attachments)
    if text is None and not attachments:
        raise Nonsense(("text", "missing"))
    return Words(text=text, text_format="markdown", attachments=attachments)
