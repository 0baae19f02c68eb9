"""Our activities in the words of Bot Framework's Direct Line 3.0 (D12). Pure.

Fields that say nothing are left out, not null: the clients there are take them apart without looking.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.conversations.activities import Activity, Attachment, Author, Words

CHANNEL = "directline"
_BOT_SIDE = "bot"
"""Direct Line knows two roles; all who are not the patient are of this one."""


@dataclass(frozen=True, slots=True)
class TokenGiven:
    """What opens one conversation, for so many seconds; `isNew` says that nobody has talked there yet."""

    conversationId: str  # noqa: N815  # Direct Line's own name
    token: str
    expires_in: int
    isNew: bool  # noqa: N815  # CV-1's own name


@dataclass(frozen=True, slots=True)
class ActivityTaken:
    """By which id an activity is known from now on."""

    id: str


@dataclass(frozen=True, slots=True)
class ActivitySet:
    """Bot Framework activities in order, and the watermark to ask for those that follow."""

    activities: tuple[Mapping[str, Any], ...]
    watermark: str


def activity_id(conversation_id: str, sequence: int) -> str:
    return f"{conversation_id}|{sequence:07d}"


def on_the_wire(activity: Activity, conversation_id: str, user_id: str) -> Mapping[str, Any]:
    """Spell one activity. Its author's own id stays here: the other side needs a role and a name."""
    shown: dict[str, Any] = {
        "type": activity.type,
        "id": activity_id(conversation_id, activity.sequence),
        "timestamp": instant(activity.at),
        "channelId": CHANNEL,
        "from": _from(activity.author, user_id),
        "conversation": {"id": conversation_id},
        "channelData": _channel_data(activity),
    }
    if activity.reply_to is not None:
        shown["replyToId"] = activity_id(conversation_id, activity.reply_to)
    if activity.type == "endOfConversation":
        shown["code"] = "completedSuccessfully"
    return {**shown, **_words(activity.words, is_message=activity.type == "message")}


def instant(at: datetime) -> str:
    """Spell an instant in UTC to the millisecond, which is as far as JavaScript's clocks go."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _from(author: Author, user_id: str) -> Mapping[str, str]:
    if author.role == "user":
        return {"id": user_id, "role": "user"}
    name = {"name": author.name} if author.name else {}
    return {"id": author.role, "role": _BOT_SIDE} | name


def _channel_data(activity: Activity) -> Mapping[str, str]:
    """Say who speaks for our side, and give a patient's program its own name for what it posted."""
    known_as = {"clientActivityID": activity.client_id} if activity.client_id else {}
    return {"role": activity.author.role} | known_as


def _words(words: Words, *, is_message: bool) -> Mapping[str, Any]:
    shown: dict[str, Any] = {}
    if is_message:
        shown |= {"text": words.text.value if words.text else "", "textFormat": words.text_format}
    if words.attachments:
        shown["attachments"] = [_attachment(one) for one in words.attachments]
    if words.suggested:
        actions = [{"type": "imBack", "title": one.value, "value": one.value} for one in words.suggested]
        shown["suggestedActions"] = {"actions": actions}
    if words.value is not None:
        shown["value"] = words.value.value
    if words.event_name:
        shown["name"] = words.event_name
    return shown


def _attachment(attachment: Attachment) -> Mapping[str, Any]:
    shown: dict[str, Any] = {"contentType": attachment.content_type}
    if attachment.content_url is not None:
        shown["contentUrl"] = attachment.content_url.value
    if attachment.content is not None and attachment.content.value is not None:
        shown["content"] = attachment.content.value
    if attachment.name is not None:
        shown["name"] = attachment.name.value
    return shown
