"""How a moment is written in a message: as its own offset from UTC has it, in the reader's language."""

from datetime import datetime
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

_FALLBACK = Locale("en")
_SPACES = str.maketrans({"\u202f": " ", "\u00a0": " "})
"""CLDR's own spaces are not in GSM 03.38: a single one would halve what a text message has room for."""


def day(moment: object, language: str) -> str:
    """Write the date in full, weekday included; raise `ValueError` for what is no ISO 8601 date and time."""
    return format_date(_read(moment), format="full", locale=_locale(language)).translate(_SPACES)


def clock(moment: object, language: str) -> str:
    """Write the time of day, to the minute; raise `ValueError` as `day` does."""
    return format_time(_read(moment), format="short", locale=_locale(language)).translate(_SPACES)


def _read(moment: object) -> datetime:
    return datetime.fromisoformat(str(moment))


@lru_cache(maxsize=256)
def _locale(language: str) -> Locale:
    """Find how a language (BCP 47) writes dates: as spoken there, or anywhere, or else as in English."""
    for tag in (language, language.partition("-")[0]):
        try:
            return Locale.parse(tag, sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    return _FALLBACK
