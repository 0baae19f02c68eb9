"""FHIR's JSON, kept as it was written: FHIR says that 1.50 is not 1.5.

Reading gives every decimal as a float that remembers its text; writing gives the text back. Floats without a
memory are written as usual, so dicts of both kinds can be kept.
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


def _not_a_number(name: str) -> Any:
    raise Nonsense(("", f"{name} is not JSON"))


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_not_a_number)


def read_exactly(text: str) -> Any:
    """Read JSON. Raises `ValueError` for what is none, and `Nonsense` for NaN and infinities."""
    return _DECODER.decode(text)
