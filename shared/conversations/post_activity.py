"""The patient says something."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.access.model import ChatVisitor
from shared.conversations.activities import ActivityType, Author, Words
from shared.conversations.attachments import AttachmentPosted, of_person
from shared.conversations.bot_turns import BotTurns
from shared.conversations.conversation import moved
from shared.conversations.decision import Decision
from shared.conversations.direct_line import ActivityTaken, activity_id
from shared.conversations.documents import (
    committed,
    conversation_of,
    next_of,
    posted_before,
    posted_document,
)
from shared.conversations.ending import bounded, left
from shared.conversations.plain_words import LONGEST_NAME, card_of, form_of, name_of, text_of
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive

NOWHERE = 0
"""The place of what is not kept."""


@dataclass(frozen=True, slots=True)
class ChannelDataPosted:
    """What the patient's program says beside it: its own name for the activity, to post it only once."""

    clientActivityID: str | None = None  # noqa: N815  # Web Chat's own name


@dataclass(frozen=True, slots=True)
class ActivityPosted:
    """An activity in Bot Framework's words. Who it is from is what the token says, whatever stands here."""

    type: str = "message"
    text: Sensitive[str] | None = None
    attachments: tuple[AttachmentPosted, ...] | None = None
    value: Sensitive[Any] | None = None
    name: str | None = None
    channelData: ChannelDataPosted | None = None  # noqa: N815  # Bot Framework's own name


@dataclass(frozen=True, slots=True)
class PostActivity:
    """Keeps what the patient says and lets our bot answer in the same commit, while it owns the talk (D12).

    Posted again under the same name it is kept once, and has the same id. Typing is not kept.
    """

    documents: Documents
    bots: BotTurns

    def __call__(
        self, posted: ActivityPosted, *, conversation_id: str, caller: ChatVisitor, now: datetime
    ) -> ActivityTaken:
        """Take it, or raise `NoSuchConversation`, `ConversationIsOver` or `Nonsense`."""
        found = conversation_of(self.documents, conversation_id, caller)
        client_id = _client_id(posted)
        note = posted_document("user", client_id) if client_id else None
        before = posted_before(self.documents, conversation_id, note)
        if before is not None or posted.type == "typing":
            return ActivityTaken(activity_id(conversation_id, before or NOWHERE))
        place = found.body.next_sequence
        decision = bounded(self._decided(next_of(found), posted, now), now)
        committed(self.documents, found, decision, posted=(note, place))
        return ActivityTaken(activity_id(conversation_id, place))

    def _decided(self, decision: Decision, posted: ActivityPosted, now: datetime) -> Decision:
        match posted.type:
            case "message":
                words = _message(posted)
                return self.bots.heard(_spoken(decision, posted, words, now), words, now)
            case "event":
                return _spoken(decision, posted, _event(posted), now)
            case "endOfConversation":
                return left(_spoken(decision, posted, Words(), now), now)
            case _:
                raise Nonsense(("type", "must be message, typing, event or endOfConversation"))


def _spoken(decision: Decision, posted: ActivityPosted, words: Words, now: datetime) -> Decision:
    author = Author("user", decision.conversation.user_id)
    decision = decision.standing(moved(decision.conversation, "patient_spoke", now))
    return decision.saying(author, words, at=now, type=_type(posted), client_id=_client_id(posted))


def _type(posted: ActivityPosted) -> ActivityType:
    match posted.type:
        case "event" | "endOfConversation" as kind:
            return kind
        case _:
            return "message"


def _message(posted: ActivityPosted) -> Words:
    words = Words(
        text=text_of(posted.text), attachments=of_person(posted.attachments), value=form_of(posted.value)
    )
    if words == Words():
        raise Nonsense(("text", "missing"))
    return words


def _event(posted: ActivityPosted) -> Words:
    name = name_of(posted.name, "name")
    if name is None:
        raise Nonsense(("name", "missing"))
    return Words(value=card_of(posted.value, "value"), event_name=name)


def _client_id(posted: ActivityPosted) -> str | None:
    given = posted.channelData.clientActivityID if posted.channelData else None
    if given is not None and len(given) > LONGEST_NAME:
        raise Nonsense(("channelData.clientActivityID", f"longer than {LONGEST_NAME} characters"))
    return given or None
