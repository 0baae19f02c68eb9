"""What people and bots may say: how long, and which characters (CV-1, CV-2).

Control characters other than newline and tab are left out: no keyboard makes them, and a message is not lost
for one that slipped in while pasting. All else is kept verbatim, markup and formulas too: whoever shows the
text shows it as text.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from shared.conversations.conversation import MOST_VARIABLES
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive

LONGEST_TEXT = 27 * 1024
"""Characters, as CV-1 has it."""
LONGEST_NAME = 200
LONGEST_VARIABLE = 1000
DEEPEST = 12
LARGEST_NUMBER = 2**53
"""What JSON readers everywhere agree on (RFC 8259 §6)."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def cleaned(text: str) -> str:
    """Leave out control characters; line ends become newlines."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def text_of(given: Sensitive[str] | None, field: str = "text") -> Sensitive[str] | None:
    """Give the text as it is kept, None where nothing is left of it. Raises `Nonsense` beyond 27 KB."""
    if given is None:
        return None
    if len(given.value) > LONGEST_TEXT:
        raise Nonsense((field, f"longer than {LONGEST_TEXT} characters"))
    text = cleaned(given.value)
    return Sensitive(text) if text.strip() else None


def name_of(given: str | None, field: str) -> str | None:
    """Give a short name as it is kept."""
    if given is None:
        return None
    if len(given) > LONGEST_NAME:
        raise Nonsense((field, f"longer than {LONGEST_NAME} characters"))
    return cleaned(given).strip() or None


def form_of(given: Sensitive[Any] | None) -> Sensitive[Mapping[str, Any]] | None:
    """Give what a form sent back: up to 100 fields, each a text, a number, a yes or no, or empty."""
    if given is None or given.value is None:
        return None
    if not isinstance(given.value, Mapping):
        raise Nonsense(("value", "must be an object"))
    fields: Mapping[str, Any] = cast("Any", given).value
    if len(fields) > MOST_VARIABLES or sum(map(_length, (*fields, *fields.values()))) > LONGEST_TEXT:
        raise Nonsense(("value", "too much"))
    if any(isinstance(held, list | Mapping) for held in fields.values()):
        raise Nonsense(("value", "fields must not hold others"))
    return Sensitive({cleaned(name): _sound(held, "value") for name, held in fields.items()})


def card_of(given: Sensitive[Any] | None, field: str) -> Sensitive[Any] | None:
    """Give a card as it is kept; what stands in it is the bot's business."""
    if given is None or given.value is None:
        return None
    return Sensitive(_sound(given.value, field))


def variables_of(given: Mapping[str, Any], field: str = "context") -> Mapping[str, str | int]:
    """Give context variables: at most 100, names of text, values text or whole numbers (BH-4, CV-1)."""
    if len(given) > MOST_VARIABLES:
        raise Nonsense((field, f"more than {MOST_VARIABLES} variables"))
    if any(not 0 < len(name) <= LONGEST_NAME for name in given):
        raise Nonsense((field, f"names must have 1 to {LONGEST_NAME} characters"))
    if not all(map(_may_be_variable, given.values())):
        raise Nonsense((field, f"values must be whole numbers or text up to {LONGEST_VARIABLE} characters"))
    return {cleaned(name): _sound(value, field) for name, value in given.items()}


def merged(
    before: Mapping[str, str | int], learned: Mapping[str, str | int]
) -> Sensitive[Mapping[str, str | int]]:
    """Add what was learned; beyond 100 variables what came last stays away."""
    both = {**before, **learned}
    return Sensitive(dict(list(both.items())[:MOST_VARIABLES]))


def _may_be_variable(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_VARIABLE
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def _length(value: object) -> int:
    return len(value) if isinstance(value, str) else 1


def _sound(value: Any, field: str, depth: int = 0) -> Any:
    """Give JSON that everybody reads alike: numbers that are, up to 2^53, and nothing bottomless."""
    if depth > DEEPEST:
        raise Nonsense((field, "nested too deeply"))
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, Mapping):
        held = cast("Mapping[str, Any]", value)
        return {cleaned(name): _sound(inner, field, depth + 1) for name, inner in held.items()}
    if isinstance(value, list | tuple):
        return [_sound(inner, field, depth + 1) for inner in cast("Iterable[Any]", value)]
    if isinstance(value, int | float) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise Nonsense((field, "a number that is none, or too large"))
    return value
