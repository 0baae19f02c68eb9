"""A lost race is run again from its reads; acts themselves never loop (D4)."""

from collections.abc import Callable
from typing import TypeVar

from shared.kernel.refusals import LostRace

T = TypeVar("T")

MOST_RUNS = 5
"""The first, and four more."""


def rerun(act: Callable[[], T], *, most: int = MOST_RUNS) -> T:
    """Run `act`, again from the start while it loses races, and raise `LostRace` when it has lost `most`."""
    for _ in range(most - 1):
        try:
            return act()
        except LostRace:
            continue
    return act()
