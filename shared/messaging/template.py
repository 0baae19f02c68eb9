"""What is written, per channel and language, and what it is for."""

import re
from dataclasses import dataclass
from datetime import datetime

from shared.consent.model import Purpose
from shared.kernel.refusals import NotFound, Refusal
from shared.patients.languages import closest
from shared.patients.model import Channel


class NoSuchTemplate(NotFound):
    """There is no such template."""


class NoWayOut(Refusal):
    """A commercial message must tell its reader how to stop more of them."""


class NoSubject(Refusal):
    """An e-mail needs a subject."""


class NoDefaultLanguage(Refusal):
    """Every channel of a template needs a variant in its default language."""


class RepeatedVariant(Refusal):
    """A template has one variant per channel and language."""


class UnreadableTemplate(Refusal):
    """The text of a template cannot be read as one."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What is written on one channel in one language (BCP 47). E-mail has a subject, and may have HTML."""

    channel: Channel
    language: str
    text: str
    subject: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateContent:
    """What people put into a template; `profile_id` names the compliance profile it is sent under (CO-2).

    `copied_as` names the template by which family is told the same; without one nothing is copied (PA-9). Of
    a template that family is sent, `is_clinical` says whether it tells of the patient's health, as it is
    taken to do unless it says not.
    """

    purpose: Purpose
    default_language: str
    variants: tuple[Variant, ...]
    topic: str | None = None
    profile_id: str | None = None
    copied_as: str | None = None
    is_clinical: bool = True


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A template at one of its versions."""

    template_id: str
    version: int
    content: TemplateContent
    saved_at: datetime


WAY_OUT = {
    Channel.SMS: re.compile(r"\b(STOP|SAIR|PARAR|STOPP|ALTO|BAJA)\b"),
    Channel.EMAIL: re.compile(r"\{\{-?\s*unsubscribe_url\s*-?\}\}"),
}
"""How a reader is told to stop: the keyword in a text message, the link's place in an e-mail."""


def checked(content: TemplateContent) -> TemplateContent:
    """Refuse what could not be sent, or not lawfully."""
    keys = [(variant.channel, variant.language.lower()) for variant in content.variants]
    if len(set(keys)) != len(keys):
        raise RepeatedVariant
    defaults = {channel for channel, language in keys if language == content.default_language.lower()}
    if not keys or defaults != {channel for channel, _ in keys}:
        raise NoDefaultLanguage
    for variant in content.variants:
        _check(variant, content.purpose)
    return content


def _check(variant: Variant, purpose: Purpose) -> None:
    if variant.channel is Channel.EMAIL and not variant.subject:
        raise NoSubject
    way_out = WAY_OUT.get(variant.channel)
    if purpose is Purpose.COMMERCIAL and way_out and not all(map(way_out.search, _bodies(variant))):
        raise NoWayOut


def _bodies(variant: Variant) -> list[str]:
    return [variant.text] if variant.html is None else [variant.text, variant.html]


def variant_for(content: TemplateContent, channel: Channel, language: str | None) -> Variant | None:
    """Choose what this person reads best: the language, then the same spoken elsewhere, then the default."""
    written = {one.language.lower(): one for one in content.variants if one.channel is channel}
    return written.get(closest(written, language) or content.default_language.lower())


@dataclass(frozen=True, slots=True)
class SavedTemplate:
    """A template, and the etag under which it stands."""

    template: MessageTemplate
    etag: str
