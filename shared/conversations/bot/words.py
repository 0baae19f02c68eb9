"""What a patient writes, as words: cleaned, compared, and put into a text. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

MOST_HEARD = 4000
"""Characters of one message that the bot looks at; the rest is in the transcript, and no answer is longer."""
_TURNS_TEXT_ROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SLOT = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_WORD = re.compile(r"[\w']+")


def plain(text: str) -> str:
    """Give one line of plain text, and no more of it than the bot looks at.

    It holds no control characters, nothing that turns the writing direction, and no halves of characters,
    which could not be kept.
    """
    spaced = "".join(" " if letter.isspace() else letter for letter in text[: MOST_HEARD + 1])
    return " ".join("".join(letter for letter in spaced if _is_shown(letter)).split())


def filled(template: str, variables: Mapping[str, str | int]) -> str:
    """Put variables into a text, once: braces in what a patient wrote stay braces. Unknown ones are empty."""
    return _SLOT.sub(lambda slot: str(variables.get(slot[1], "")), template)


def likened(text: str) -> str:
    """Spell alike what a person would call the same: case, spaces and a last full stop aside."""
    spelt = plain(text).casefold().replace("\u2019", "'")
    return spelt.rstrip(" .!?") or spelt


def says_any(text: str, phrases: Iterable[str]) -> bool:
    """Say whether one of the phrases occurs in the text, word for word."""
    words = _words(text)
    return any(bool(wanted) and _occurs(wanted, words) for wanted in map(_words, phrases))


def starts_with_any(text: str, phrases: Iterable[str]) -> bool:
    """Say whether the text begins with one of the phrases, word for word."""
    words = _words(text)
    return any(bool(wanted) and words[: len(wanted)] == wanted for wanted in map(_words, phrases))


def one_of(text: str, offered: Iterable[str]) -> str | None:
    """Give the one of the offered that was said, as it was offered."""
    said = likened(text)
    return next((offer for offer in offered if likened(offer) == said), None)


def _words(text: str) -> list[str]:
    return _WORD.findall(likened(text))


def _occurs(wanted: list[str], words: list[str]) -> bool:
    starts = range(len(words) - len(wanted) + 1)
    return any(words[start : start + len(wanted)] == wanted for start in starts)


def _is_shown(letter: str) -> bool:
    return letter not in _TURNS_TEXT_ROUND and unicodedata.category(letter) not in {"Cc", "Cs"}
