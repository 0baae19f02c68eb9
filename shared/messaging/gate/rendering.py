"""Can it be written with nothing missing?"""

from collections.abc import Mapping

from jinja2 import TemplateError, UndefinedError

from shared.messaging.gate.patient_words import PATIENT
from shared.messaging.gate.situation import Refuse, Situation
from shared.messaging.gate.template_language import filled, read
from shared.messaging.model import Reason, Rendered
from shared.messaging.template import UnreadableTemplate, Variant, variant_for
from shared.messaging.told_to_family import values_for_family
from shared.patients.model import Profile


class _Incomplete(Exception):
    """A template asks for what is not there, or comes out blank."""


def render(situation: Situation) -> Rendered | Refuse:
    """Write the message in the language the person reads best, or refuse; a gap is never sent."""
    reader = situation.reader
    if situation.template is None or situation.profile is None or reader is None:
        return Refuse(Reason.NO_SUCH_TEMPLATE)
    variant = variant_for(situation.template.content, situation.order.channel, reader.language)
    if variant is None:
        return Refuse(Reason.NO_SUCH_VARIANT)
    try:
        return _written(variant, _words(situation, reader, situation.profile), situation.one_click_url)
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


def _written(variant: Variant, words: Mapping[str, object], way_out: str | None) -> Rendered:
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
        way_out=way_out,
    )


def _words(situation: Situation, reader: Profile, patient: Profile) -> Mapping[str, object]:
    """Give what a template may speak of. What is not known is not there, so that it is missed."""
    known = {"given": reader.given.value, "family": reader.family.value, "prefix": reader.prefix.value}
    if situation.order.related_person_id is not None:
        known |= {"patient_given": patient.given.value, "patient_family": patient.family.value}
    known |= {"unsubscribe_url": situation.preferences_url, "company_address": situation.company_address}
    asked_with = _values(situation)
    words: dict[str, object] = {name: word for name, word in (*asked_with.items(), *known.items()) if word}
    if situation.trigger is not None:
        words["trigger"] = situation.trigger
    if situation.about is not None:
        words.setdefault(PATIENT, situation.about)
    return words


def _values(situation: Situation) -> Mapping[str, str]:
    values = situation.order.values.value
    if situation.order.copy_id is None:
        return values
    may_know = situation.copy is not None and situation.copy.is_clinical
    return values_for_family(values, may_know_of_health=may_know)
