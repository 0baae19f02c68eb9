"""Refuse, when it is saved, what calls itself no health of the patient's to family, and might be (PA-9)."""

from collections.abc import Iterator

from shared.kernel.refusals import Nonsense
from shared.messaging.gate.template_language import Named, named_in
from shared.messaging.template import TemplateContent, Variant
from shared.messaging.told_to_family import OF_A_VISIT, OF_PEOPLE_AND_PLACES, VALUES_FOR_FAMILY

LETTER_WORDS = frozenset({"confirm_url", "expires_at", "invitation_code"})
"""What a letter of the house to family itself says: an invitation, or the question whether they want copies.

No copy is told them (`values_for_family`).
"""
FAMILY_WORDS = (
    VALUES_FOR_FAMILY
    | LETTER_WORDS
    | {
        "company_address",
        "family",
        "given",
        "patient",
        "patient_family",
        "patient_given",
        "prefix",
        "unsubscribe_url",
    }
)
"""What such a template may speak of, beside open fields of what an event refers to (`trigger.visit.start`).

Of themselves (`patient.…`) family is told nothing, and every word of it takes its default.
"""
OPEN_FIELDS = OF_A_VISIT | OF_PEOPLE_AND_PLACES
PROBLEM = "speaks of what family may not be told who may not know of the patient's health"


def check_family_words(content: TemplateContent) -> None:
    """Raise `Nonsense` with the field of each text that speaks of anything else."""
    if content.is_clinical:
        return
    problems = [
        (f"variants.{number}.{field}", PROBLEM)
        for number, variant in enumerate(content.variants)
        for field, text, escaped in _texts(variant)
        if not all(map(_is_open, named_in(text, escaped=escaped)))
    ]
    if problems:
        raise Nonsense(*problems)


def _texts(variant: Variant) -> Iterator[tuple[str, str, bool]]:
    yield "text", variant.text, False
    if variant.subject is not None:
        yield "subject", variant.subject, False
    if variant.html is not None:
        yield "html", variant.html, True


def _is_open(named: Named) -> bool:
    if named[0] == "trigger":
        return len(named) > 2 and named[2] in OPEN_FIELDS
    return named[0] in FAMILY_WORDS
