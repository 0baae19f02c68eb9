"""What counts as a number, a date, an e-mail address (BH-3: a variable and its type). Pure."""

import re
from collections.abc import Sequence
from datetime import date

from shared.conversations.bot.script import FieldType, PromptType
from shared.conversations.bot.words import one_of, plain

LARGEST = 10**15
"""Beyond this a whole number is not the same to every reader of JSON."""
_WHOLE = re.compile(r"[+-]?[0-9]{1,16}")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DOTTED = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


def answer(
    given: str, kind: PromptType | FieldType, *, longest: int, choices: Sequence[str] = ()
) -> str | int | None:
    """Read an answer of a kind, or give None where it is none: missing, too long, or something else."""
    text = plain(given)
    if not text or len(text) > longest:
        return None
    match kind:
        case "text":
            return text
        case "number":
            return whole_number(text)
        case "date":
            return day(text)
        case "email":
            return text if _EMAIL.fullmatch(text) else None
        case "choice":
            return one_of(text, choices)


def whole_number(text: str) -> int | None:
    """Read a whole number that every reader of JSON holds exactly."""
    if not _WHOLE.fullmatch(text):
        return None
    number = int(text)
    return number if abs(number) <= LARGEST else None


def day(text: str) -> str | None:
    """Read 2026-03-05 or 5.3.2026 and give it as 2026-03-05; with slashes nobody knows which is the month."""
    if iso := _ISO.fullmatch(text):
        return _date(iso[1], iso[2], iso[3])
    if dotted := _DOTTED.fullmatch(text):
        return _date(dotted[3], dotted[2], dotted[1])
    return None


def _date(year: str, month: str, day_of_month: str) -> str | None:
    try:
        return date(int(year), int(month), int(day_of_month)).isoformat()
    except ValueError:
        return None
