"""Can it be written with nothing missing?"""

from collections.abc import Mapping

from jinja2 import TemplateError, UndefinedError

from shared.messaging.gate.situation import GateRules, Refuse, Situation
from shared.messaging.gate.template_language import filled, read
from shared.messaging.model import Reason, Rendered
from shared.messaging.template import UnreadableTemplate, Variant, variant_for
from shared.patients.model import Profile


class _Incomplete(Exception):
    """A template asks for what is not there, or comes out blank."""


def render(situation: Situation, rules: GateRules) -> Rendered | Refuse:
    """Write the message in the language the person reads best, or refuse; a gap is never sent."""
    if situation.template is None or situation.profile is None:
        return Refuse(Reason.NO_SUCH_TEMPLATE)
    variant = variant_for(situation.template.content, situation.order.channel, situation.profile.language)
    if variant is None:
        return Refuse(Reason.NO_SUCH_VARIANT)
    try:
        return _written(variant, _words(situation, situation.profile, rules))
    except (UndefinedError, _Incomplete):
        return Refuse(Reason.TEMPLATE_INCOMPLETE)
    except Exception:  # noqa: BLE001  # a template is people's own program: running it may raise anything
        return Refuse(Reason.TEMPLATE_BROKEN)


def check_readable(variant: Variant) -> None:
    """Refuse, when it is saved, what could never be rendered, or would take for ever."""
    try:
        for text in (variant.text, variant.subject or ""):
            read(text, escaped=False)
        read(variant.html or "", escaped=True)
    except (TemplateError, SyntaxError, ValueError, RecursionError) as error:
        raise UnreadableTemplate from error


def _written(variant: Variant, words: Mapping[str, str]) -> Rendered:
    def filled_in(text: str, *, escaped: bool = False) -> str:
        written = filled(text, words, language=variant.language, escaped=escaped)
        if not written.strip():
            raise _Incomplete
        return written

    return Rendered(
        language=variant.language,
        text=filled_in(variant.text),
        subject=" ".join(filled_in(variant.subject).split()) if variant.subject else None,
        html=filled_in(variant.html, escaped=True) if variant.html else None,
    )


def _words(situation: Situation, profile: Profile, rules: GateRules) -> dict[str, str]:
    """Give what a template may speak of. What is not known is not there, so that it is missed."""
    order = situation.order
    known = {"given": profile.given.value, "family": profile.family.value, "prefix": profile.prefix.value}
    if rules.way_out:
        known["unsubscribe_url"] = f"{rules.way_out}/{order.contact}~{order.message_id}"
    return {name: word for name, word in (*order.values.value.items(), *known.items()) if word}
