"""A bot that is elsewhere says something (BH-4, BH-5, BH-6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.conversations.activities import Author, Words
from shared.conversations.attachments import AttachmentPosted, of_bot
from shared.conversations.bot.model import Escalate
from shared.conversations.conversation import Conversation, moved
from shared.conversations.decision import Decision
from shared.conversations.direct_line import ActivityTaken, activity_id
from shared.conversations.documents import (
    committed,
    conversation_at,
    next_of,
    posted_before,
    posted_document,
)
from shared.conversations.ending import bounded, closed
from shared.conversations.escalating import handed_over
from shared.conversations.model import BotNoLongerOwnsIt
from shared.conversations.plain_words import LONGEST_NAME, merged, name_of, text_of, variables_of
from shared.kernel.documents import Document, Documents
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive

BRIDGED = "bridged"
MOST_SUGGESTIONS = 20


@dataclass(frozen=True, slots=True)
class BotCommand:
    """What the bot wants done: `Escalate` or `EndConversation`, and the variables it has learned."""

    type: str
    context: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)


@dataclass(frozen=True, slots=True)
class BotChannelData:
    """`bridged` shows the activity to the patient; without it only representatives see it.

    Bots made for Omnichannel send the command as a JSON text; as an object it is understood too.
    """

    deliveryMode: str | None = None  # noqa: N815  # Omnichannel's own name
    tags: BotCommand | Sensitive[str] | None = None


@dataclass(frozen=True, slots=True)
class SuggestedAction:
    """A short answer that the patient may choose."""

    value: Sensitive[str]


@dataclass(frozen=True, slots=True)
class SuggestedActions:
    """The answers offered with a message."""

    actions: tuple[SuggestedAction, ...] = ()


@dataclass(frozen=True, slots=True)
class BotActivity:
    """An activity in Bot Framework's words; posted again under the same `id` it is kept once."""

    type: str = "message"
    id: str | None = None
    text: Sensitive[str] | None = None
    attachments: tuple[AttachmentPosted, ...] | None = None
    suggestedActions: SuggestedActions | None = None  # noqa: N815  # Bot Framework's own name
    channelData: BotChannelData | None = None  # noqa: N815  # as above


@dataclass(frozen=True, slots=True)
class HearExternalBot:
    """Keeps what the bot says and does what it commands, while it owns the conversation (D12)."""

    documents: Documents
    read_command: Callable[[str], BotCommand]
    """Reads a command that came as a JSON text. Raises `Nonsense`."""

    def __call__(self, posted: BotActivity, *, conversation_id: str, now: datetime) -> ActivityTaken:
        """Take it, or raise `NoSuchConversation`, `BotNoLongerOwnsIt` or `Nonsense`."""
        found = conversation_at(self.documents, conversation_id)
        note = posted_document("bot", _own_id(posted)) if posted.id else None
        before = posted_before(self.documents, conversation_id, note)
        if before is not None:
            return ActivityTaken(activity_id(conversation_id, before))
        owned_by_bot(found)
        place = found.body.next_sequence if posted.type == "message" else 0
        decision = bounded(self._decided(next_of(found), posted, now), now)
        if decision.conversation != found.body:
            committed(self.documents, found, decision, posted=(note, place))
        return ActivityTaken(activity_id(conversation_id, place))

    def _decided(self, decision: Decision, posted: BotActivity, now: datetime) -> Decision:
        if posted.type == "typing":
            return decision
        if posted.type != "message":
            raise Nonsense(("type", "must be message or typing"))
        command = self._command(posted)
        if command is None:
            return _spoken(decision, posted, now)
        context = variables_of(command.context, "channelData.tags.context")
        match command.type:
            case "Escalate":
                return self._handed_over(decision, posted, context, now)
            case "EndConversation":
                return _ended(_spoken(decision, posted, now), context, now)
            case _:
                raise Nonsense(("channelData.tags.type", "must be Escalate or EndConversation"))

    def _command(self, posted: BotActivity) -> BotCommand | None:
        tags = posted.channelData.tags if posted.channelData else None
        return self.read_command(tags.value) if isinstance(tags, Sensitive) else tags

    def _handed_over(
        self, decision: Decision, posted: BotActivity, context: Mapping[str, str | int], now: datetime
    ) -> Decision:
        """Keep the text that comes with it as the summary, which is for the representative alone (BH-9)."""
        text = text_of(posted.text)
        command = Escalate(context, text.value if text else None)
        return handed_over(self.documents, decision, command, now)


def owned_by_bot(found: Document[Conversation]) -> None:
    """Raise `BotNoLongerOwnsIt` unless a bot elsewhere owns it: ours has no words put into its mouth."""
    if not found.body.has_external_bot:
        raise BotNoLongerOwnsIt


def _spoken(decision: Decision, posted: BotActivity, now: datetime) -> Decision:
    words = _words(posted)
    decision = decision.standing(moved(decision.conversation, "bot_spoke", now))
    if words == Words(text_format="markdown"):
        if posted.channelData and posted.channelData.tags:
            return decision
        raise Nonsense(("text", "missing"))
    is_bridged = posted.channelData is not None and posted.channelData.deliveryMode == BRIDGED
    author = Author("bot", decision.conversation.owner.id)
    return decision.saying(author, words, at=now, for_patient=is_bridged)


def _words(posted: BotActivity) -> Words:
    actions = posted.suggestedActions.actions if posted.suggestedActions else ()
    if len(actions) > MOST_SUGGESTIONS:
        raise Nonsense(("suggestedActions.actions", f"more than {MOST_SUGGESTIONS}"))
    offered = [name_of(action.value.value, "suggestedActions.actions") for action in actions]
    return Words(
        text=text_of(posted.text),
        text_format="markdown",
        attachments=of_bot(posted.attachments),
        suggested=tuple(Sensitive(one) for one in offered if one),
    )


def _ended(decision: Decision, context: Mapping[str, str | int], now: datetime) -> Decision:
    learned = merged(decision.conversation.context.value, context)
    decision = decision.standing(decision.conversation.learning(learned))
    return closed(decision, "bot_ended", "BotEndConversation", now)


def _own_id(posted: BotActivity) -> str:
    given = posted.id or ""
    if len(given) > LONGEST_NAME:
        raise Nonsense(("id", f"longer than {LONGEST_NAME} characters"))
    return given
