"""Cards as Bot Framework clients show them. No card's text holds a patient's words: cards read Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.conversations.bot.script import FormField, FormStep

HERO = "application/vnd.microsoft.card.hero"
ADAPTIVE = "application/vnd.microsoft.card.adaptive"
STEP = "step"
"""What a form says beside its fields: which step it was shown by, so that an old card fills in nothing."""

Card = dict[str, Any]


def hero(text: str, buttons: Sequence[str]) -> Card:
    """Offer buttons; each says its title for the patient."""
    spelt = [{"type": "imBack", "title": button, "value": button} for button in buttons]
    return {"contentType": HERO, "content": {"text": text, "buttons": spelt}}


def adaptive(step: FormStep, known: Mapping[str, str | int]) -> Card:
    """Show a form, filled in with what is known already."""
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.3",
        "body": [_input(field, known.get(field.id)) for field in step.fields],
        "actions": [{"type": "Action.Submit", "title": step.submit, "data": {STEP: step.id}}],
    }
    return {"contentType": ADAPTIVE, "content": content}


def _input(field: FormField, known: str | int | None) -> Card:
    asked: Card = {"id": field.id, "label": field.label, "isRequired": field.required}
    if field.required:
        asked["errorMessage"] = field.label
    if known is not None and known != "":
        asked["value"] = known
    return _KINDS[field.type] | asked | _limits(field)


def _limits(field: FormField) -> Card:
    match field.type:
        case "text" | "email":
            return {"maxLength": field.longest}
        case "choice":
            return {"choices": [{"title": choice, "value": choice} for choice in field.choices]}
        case "number" | "date":
            return {}


_KINDS: dict[str, Card] = {
    "text": {"type": "Input.Text"},
    "email": {"type": "Input.Text", "style": "email"},
    "number": {"type": "Input.Number"},
    "date": {"type": "Input.Date"},
    "choice": {"type": "Input.ChoiceSet", "style": "compact"},
}
