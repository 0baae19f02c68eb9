"""Chance that repeats itself: the same name draws the same lots, on every machine and every Python."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Lots drawn in one order from one name.

    Everything rests on `Random.random`, whose sequence Python promises to keep; `choice`, `gauss` and the
    like have changed between versions, or lean on the platform's logarithm.
    """

    __slots__ = ("_next",)

    def __init__(self, name: str) -> None:
        self._next = random.Random(name).random  # noqa: S311  # made-up patients, no secrets

    def chance(self, probability: float) -> bool:
        return self._next() < probability

    def below(self, limit: int) -> int:
        return int(self._next() * limit)

    def between(self, first: int, last: int) -> int:
        """Draw a whole number, both ends included."""
        return first + int(self._next() * (last - first + 1))

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[int(self._next() * len(choices))]

    def bell(self, mean: float, spread: float) -> float:
        """Draw near `mean`, about two thirds of the time within `spread`, never beyond 3.5 times it."""
        draws = self._next() + self._next() + self._next() + self._next()
        return mean + (draws - 2.0) * 1.73 * spread
