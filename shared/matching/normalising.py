"""Spelling values the one way in which they are compared (UN-6). Nothing that is kept is ever rewritten."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from shared.matching.address_words import ADDRESS_WORDS, GERMAN_STREET, ORGANISATION_NOISE
from shared.matching.model import Meaning
from shared.matching.names import TITLES, VARIANTS


class Normalisation(StrEnum):
    """One way of overlooking how something was written."""

    NUMERALS = "numerals"
    SYMBOLS = "symbols"
    LOWER = "lower"
    PHONE = "phone"
    TITLES = "titles"
    NAME = "name"
    ADDRESS = "address"
    ORGANISATION = "organisation"
    UNICODE = "unicode"
    WHITESPACE = "whitespace"
    DATE = "date"
    DAY_AND_MONTH = "day_and_month"
    WORD_ORDER = "word_order"


_TEXT = (Normalisation.UNICODE, Normalisation.LOWER)
_NAME = (*_TEXT, Normalisation.SYMBOLS, Normalisation.NAME)
USUAL: Mapping[str, tuple[Normalisation, ...]] = {
    Meaning.FULL_NAME: (*_NAME, Normalisation.WORD_ORDER),
    Meaning.FIRST_NAME: _NAME,
    Meaning.LAST_NAME: (*_TEXT, Normalisation.SYMBOLS, Normalisation.WHITESPACE),
    Meaning.BIRTH_DATE: (Normalisation.NUMERALS, Normalisation.DATE),
    Meaning.GENDER: (Normalisation.LOWER,),
    Meaning.PHONE: (Normalisation.PHONE,),
    Meaning.EMAIL: (Normalisation.LOWER, Normalisation.WHITESPACE),
    Meaning.IDENTIFIER: (
        Normalisation.NUMERALS,
        *_TEXT,
        Normalisation.SYMBOLS,
        Normalisation.WHITESPACE,
    ),
    Meaning.ADDRESS: (*_TEXT, Normalisation.SYMBOLS, Normalisation.ADDRESS),
    Meaning.CITY: (*_TEXT, Normalisation.SYMBOLS),
    Meaning.STATE: (*_TEXT, Normalisation.SYMBOLS),
    Meaning.POSTCODE: (*_TEXT, Normalisation.SYMBOLS, Normalisation.WHITESPACE),
    Meaning.COUNTRY: (*_TEXT, Normalisation.SYMBOLS),
    Meaning.ORGANISATION: (*_TEXT, Normalisation.SYMBOLS, Normalisation.ORGANISATION),
}
"""How a value of each meaning is spelt where a condition does not say; of other meanings, as it was given."""


def normalised(text: str | None, by: Sequence[Normalisation]) -> str | None:
    """Spell a value for comparing; None for what has nothing left to compare."""
    if text is None:
        return None
    return _spelt(text, tuple(by))


@lru_cache(maxsize=100_000)
def _spelt(text: str, by: tuple[Normalisation, ...]) -> str | None:
    for one in _IN_ORDER:
        if one in by:
            text = _SPELT[one](text)
    return " ".join(text.split()) or None


def _numerals(text: str) -> str:
    """Write the digits of any script as 0 to 9."""
    return "".join(str(unicodedata.digit(sign, -1)) if sign.isdigit() else sign for sign in text)


def _symbols(text: str) -> str:
    """Take out what is neither a letter nor a digit: an apostrophe leaves no gap, all else does."""
    return _SIGNS.sub(" ", _JOINERS.sub("", text))


def _ascii(text: str) -> str:
    """Write letters without their marks, and Greek and Cyrillic ones in Latin; others stay what they are."""
    if text.isascii():
        return text
    letters = "".join(_LETTERS.get(sign, sign) for sign in text)
    return "".join(_latin(sign) for sign in unicodedata.normalize("NFKD", letters) if not _is_mark(sign))


def _latin(sign: str) -> str:
    return _LETTERS.get(sign, sign)


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign) == "Mn"


def _phone(text: str) -> str:
    """Leave the digits without leading zeros, and an extension after an x: `+44 (0)20 …` is `0044 20 …`.

    A country's code counts: with one and without, numbers are two.
    """
    number, _, extension = _EXTENSION.sub("x", text.lower().replace("(0)", "")).partition("x")
    digits = _digits(number).lstrip("0")
    inner = _digits(extension)
    return f"{digits}x{inner}" if digits and inner else digits


def _digits(text: str) -> str:
    return "".join(sign for sign in _numerals(text) if sign.isascii() and sign.isdigit())


def _untitled(text: str) -> str:
    words = text.split()
    return " ".join([word for word in words if word not in TITLES] or words)


def _name(text: str) -> str:
    """Leave out titles, and spell each name as what it is a form of."""
    return " ".join(VARIANTS.get(word, word) for word in _untitled(text).split())


def _address(text: str) -> str:
    return " ".join(ADDRESS_WORDS.get(part, part) for word in text.split() for part in _street(word))


def _street(word: str) -> tuple[str, ...]:
    """Part what German writes in one: `Hauptstr` is `Haupt Strasse`."""
    for ending in GERMAN_STREET:
        if word.endswith(ending) and word != ending and len(word) > len(ending) + 2:
            return (word.removesuffix(ending), "street")
    return (word,)


def _organisation(text: str) -> str:
    words = text.split()
    return " ".join([word for word in words if word not in ORGANISATION_NOISE] or words)


def _without_gaps(text: str) -> str:
    return "".join(text.split())


def _date(text: str) -> str:
    """Leave the day alone: `1990-01-02T00:00:00Z` and `19900102` are 1990-01-02; what is none stays."""
    found = _DAY.match(text.strip())
    return "-".join(found.groups()) if found else text


def _day_and_month(text: str) -> str:
    """Put the smaller of day and month first: some write the one first, some the other."""
    found = _DAY.match(text)
    if found is None:
        return text
    year, *rest = found.groups()
    return "-".join([year, *sorted(rest)])


def _word_order(text: str) -> str:
    return " ".join(sorted(text.split()))


_JOINERS = re.compile("['\N{RIGHT SINGLE QUOTATION MARK}`\N{ACUTE ACCENT}\N{MODIFIER LETTER APOSTROPHE}]")
_SIGNS = re.compile(r"[^\w]|_")
_EXTENSION = re.compile(r"(?:ext(?:ension)?\.?|durchwahl|#)")
_DAY = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?$")
_SPELT: Mapping[Normalisation, Callable[[str], str]] = {
    Normalisation.NUMERALS: _numerals,
    Normalisation.UNICODE: _ascii,
    Normalisation.LOWER: str.lower,
    Normalisation.PHONE: _phone,
    Normalisation.DATE: _date,
    Normalisation.DAY_AND_MONTH: _day_and_month,
    Normalisation.SYMBOLS: _symbols,
    Normalisation.TITLES: _untitled,
    Normalisation.NAME: _name,
    Normalisation.ADDRESS: _address,
    Normalisation.ORGANISATION: _organisation,
    Normalisation.WORD_ORDER: _word_order,
    Normalisation.WHITESPACE: _without_gaps,
}
_IN_ORDER = tuple(_SPELT)
"""Digits and letters first, then signs, then words, whatever order they were asked for in."""
_CYRILLIC = (
    "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґ",
    "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya i yi ye g",
)
_GREEK = ("αβγδεζηθικλμνξοπρστυφχψως", "a v g d e z i th i k l m n x o p r s t y f ch ps o s")
_OTHERS = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D",
    "ł": "l", "Ł": "L", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ħ": "h", "Ħ": "H",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
}  # fmt: skip


def _letters() -> dict[str, str]:
    """Give each letter that has no plain one beneath its marks, small and great."""
    alphabets = [zip(signs, spelt.split(" "), strict=True) for signs, spelt in (_CYRILLIC, _GREEK)]
    small = {sign: spelt for alphabet in alphabets for sign, spelt in alphabet}
    return _OTHERS | small | {sign.upper(): spelt for sign, spelt in small.items()}


_LETTERS = _letters()
