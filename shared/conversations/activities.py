"""What is said in a conversation, one activity after the other (CV-2)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from shared.kernel.sensitive import Sensitive

ActivityType = Literal["message", "event", "endOfConversation"]
Role = Literal["user", "bot", "representative", "system"]
TextFormat = Literal["plain", "markdown"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """What comes with a message: a link to it, or, from a bot, a card. We fetch nothing of it."""

    content_type: str
    content_url: Sensitive[str] | None = None
    content: Sensitive[Any] | None = None
    name: Sensitive[str] | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Who said it: `id` tells one from another, `name` is what the other side reads."""

    role: Role
    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody says: text kept as it is and never read as HTML, a form's values, attachments."""

    text: Sensitive[str] | None = None
    text_format: TextFormat = "plain"
    attachments: tuple[Attachment, ...] = ()
    suggested: tuple[Sensitive[str], ...] = ()
    value: Sensitive[Any] | None = None
    event_name: str | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing said or done, at its place among the others; written once and never changed.

    `for_patient` says whether the patient is shown it; representatives are shown everything (BH-5, BH-8).
    `client_id` is what the patient's own program calls it, to know it again.
    """

    sequence: int
    type: ActivityType
    author: Author
    at: datetime
    for_patient: bool = True
    words: Words = field(default_factory=Words)
    client_id: str | None = None
    reply_to: int | None = None


SYSTEM = Author("system", "system")


def told(text: str) -> Words:
    """Say something in our own words."""
    return Words(Sensitive(text))
