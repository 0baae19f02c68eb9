"""What several kinds of step demand of their fields; each names what is wrong, never a value. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from shared.conversations.bot.answers import LARGEST
from shared.conversations.bot.script import ContextValue, FromVariable
from shared.conversations.bot.words import likened, plain
from shared.kernel.problems import Problem

LONGEST_TEXT = 2000
LONGEST_TITLE = 80
LONGEST_ANSWER = 2000
MOST_RETRIES = 5
MOST_CHOICES = 10
MOST_CONTEXT = 20
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def texts(**fields: str | None) -> Iterator[Problem]:
    """Demand words that can be said; None says nothing."""
    for field, text in fields.items():
        if text is not None and not plain(text):
            yield field, "missing"
        elif text is not None and len(text) > LONGEST_TEXT:
            yield field, "longer than 2000 characters"


def titles(
    field: str, offered: Sequence[str], *, least: int = 1, most: int = MOST_CHOICES
) -> Iterator[Problem]:
    """Demand words for buttons, each of which a patient can tell from the others."""
    if not least <= len(offered) <= most:
        yield field, f"not from {least} to {most}"
    times = Counter(map(likened, offered))
    for number, title in enumerate(offered):
        if not plain(title) or len(title) > LONGEST_TITLE:
            yield f"{field}.{number}", "not from 1 to 80 characters"
        elif times[likened(title)] > 1:
            yield f"{field}.{number}", "not the only one"


def variable(field: str, name: str) -> Iterator[Problem]:
    """Demand a name that a text can call for."""
    if not _VARIABLE.fullmatch(name):
        yield field, "not up to 40 letters, digits and underscores"


def retries(number: int) -> Iterator[Problem]:
    if not 0 <= number <= MOST_RETRIES:
        yield "retries", "not from 0 to 5"


def longest(field: str, number: int) -> Iterator[Problem]:
    if not 0 < number <= LONGEST_ANSWER:
        yield field, "not from 1 to 2000"


def context(field: str, given: Mapping[str, ContextValue]) -> Iterator[Problem]:
    """Demand names, and text, whole numbers or variables (BH-4)."""
    if len(given) > MOST_CONTEXT:
        yield field, "more than 20"
    for number, (name, value) in enumerate(given.items()):
        if not plain(name) or len(name) > LONGEST_TITLE:
            yield f"{field}.{number}", "a name that is not from 1 to 80 characters"
        yield from ((f"{field}.{number}", problem) for _, problem in looked_up(field, value))


def looked_up(field: str, value: ContextValue | None) -> Iterator[Problem]:
    """Demand one value, or the variable that holds it."""
    match value:
        case FromVariable(name):
            yield from variable(f"{field}.variable", name)
        case int() if abs(value) > LARGEST:
            yield field, "too large"
        case str() if len(value) > LONGEST_TEXT:
            yield field, "longer than 2000 characters"
        case _:
            return
