"""What may come with a message: strictly chosen, since a link leads somewhere (CV-2).

People may attach links to files over https alone, of kinds that a browser shows without running anything;
nothing that is rendered, such as a card, comes from a person. We fetch nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.conversations.activities import Attachment
from shared.conversations.plain_words import card_of, name_of
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive

MOST = 10
LONGEST_LINK = 2048

_LINK = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?([/?#][!#$%&'()*+,./0-9:;=?@A-Z_a-z~\[\]-]*)?")
_FILE = re.compile(r"image/(png|jpeg|gif|webp)|application/pdf|text/plain|(audio|video)/[a-z0-9.+-]{1,50}")
_CARD = re.compile(r"application/vnd\.microsoft\.card\.[a-z0-9.]{1,50}")


@dataclass(frozen=True, slots=True)
class AttachmentPosted:
    """An attachment in Bot Framework's words: its kind, and a link or a card."""

    contentType: str = ""  # noqa: N815  # Bot Framework's own name
    contentUrl: Sensitive[str] | None = None  # noqa: N815  # as above
    content: Sensitive[Any] | None = None
    name: Sensitive[str] | None = None


def of_person(posted: Sequence[AttachmentPosted] | None) -> tuple[Attachment, ...]:
    """Give what a person attached, or raise `Nonsense`."""
    return tuple(_file(one, f"attachments.{number}") for number, one in _counted(posted))


def of_bot(posted: Sequence[AttachmentPosted] | None) -> tuple[Attachment, ...]:
    """Give what a bot attached: cards as well."""
    return tuple(
        _card(one, f"attachments.{number}")
        if _CARD.fullmatch(one.contentType)
        else _file(one, f"attachments.{number}")
        for number, one in _counted(posted)
    )


def _counted(posted: Sequence[AttachmentPosted] | None) -> list[tuple[int, AttachmentPosted]]:
    if posted is not None and len(posted) > MOST:
        raise Nonsense(("attachments", f"more than {MOST}"))
    return list(enumerate(posted or ()))


def _file(posted: AttachmentPosted, field: str) -> Attachment:
    if posted.content is not None and posted.content.value is not None:
        raise Nonsense((f"{field}.content", "only links are taken"))
    if not _FILE.fullmatch(posted.contentType):
        raise Nonsense((f"{field}.contentType", "not taken"))
    link = posted.contentUrl
    if link is None or len(link.value) > LONGEST_LINK or not _LINK.fullmatch(link.value):
        raise Nonsense((f"{field}.contentUrl", "must be an https link"))
    return Attachment(posted.contentType, content_url=link, name=_name(posted, field))


def _card(posted: AttachmentPosted, field: str) -> Attachment:
    if posted.contentUrl is not None:
        raise Nonsense((f"{field}.contentUrl", "a card has none"))
    content = card_of(posted.content, f"{field}.content")
    if content is None:
        raise Nonsense((f"{field}.content", "missing"))
    return Attachment(posted.contentType, content=content, name=_name(posted, field))


def _name(posted: AttachmentPosted, field: str) -> Sensitive[str] | None:
    name = name_of(posted.name.value, f"{field}.name") if posted.name is not None else None
    return Sensitive(name) if name else None
