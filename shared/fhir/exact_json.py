"""FHIR's JSON, kept as it was written: FHIR says that 1.50 is not 1.5.

Reading gives every decimal as a float that remembers its text, and so every whole number that 64 bits do not
hold; writing gives the text back. Floats without a memory are written as usual, so dicts of both kinds can be
kept.
"""

import json
from typing import Any, Self

from shared.kernel.refusals import Nonsense


class Decimal(float):
    """A number with a fraction or an exponent, and how it was written."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number


_LONGEST_WHOLE = 18
"""Digits, and a sign, that fit into 64 bits whatever they are."""


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONGEST_WHOLE else Decimal(text)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object. Raises `Nonsense` for a name that is there twice: readers differ about which counts."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Nonsense(("", "a name twice in one JSON object"))
    return made


def _not_a_number(name: str) -> Any:
    raise Nonsense(("", f"{name} is not JSON"))


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=_whole, parse_constant=_not_a_number)
_STRICT = json.JSONDecoder(
    parse_float=Decimal, parse_int=_whole, parse_constant=_not_a_number, object_pairs_hook=_each_once
)


def read_exactly(text: str) -> Any:
    """Read JSON. Raises `ValueError` for what is none, and `Nonsense` for NaN and infinities."""
    return _DECODER.decode(text)


def read_strictly(text: str) -> Any:
    """Read JSON that somebody sent. Raises as `read_exactly` does, and `Nonsense` for a name there twice."""
    return _STRICT.decode(text)
