"""Counting: pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

from shared.surveys.model import RATINGS, Tally


def with_invited(tally: Tally) -> Tally:
    """Count one who was invited."""
    return replace(tally, invited=tally.invited + 1)


def with_failed(tally: Tally) -> Tally:
    """Count one who could not be."""
    return replace(tally, failed=tally.failed + 1)


def with_rating(tally: Tally, rating: int) -> Tally:
    """Count one who answered."""
    counted = (times + (rating == each) for each, times in zip(RATINGS, tally.ratings, strict=True))
    return replace(tally, ratings=cast("tuple[int, int, int, int, int]", tuple(counted)))


def together(tallies: Iterable[Tally]) -> Tally:
    """Add tallies up."""
    each = list(tallies)
    by_rating = tuple(sum(tally.ratings[place] for tally in each) for place in range(len(RATINGS)))
    return Tally(
        invited=sum(tally.invited for tally in each),
        failed=sum(tally.failed for tally in each),
        ratings=cast("tuple[int, int, int, int, int]", by_rating),
    )


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """How content people were (SU-8): `mean` from 1 to 5, None while nobody has answered.

    `distribution` is how many said 1, 2, 3, 4 and 5. `failed` could not be invited, for want of an address,
    and are not among `invited`. `response_rate`, from 0 to 1, is of those invited: whose message the gate
    refused or a provider sent back is still among them, since counting those would cost a read for each.
    """

    invited: int
    failed: int
    responded: int
    response_rate: float | None
    mean: float | None
    distribution: tuple[int, int, int, int, int]


def satisfaction_of(tally: Tally) -> Satisfaction:
    """Work out the figures that a tally gives."""
    return Satisfaction(
        invited=tally.invited,
        failed=tally.failed,
        responded=tally.responded,
        response_rate=_share(tally.responded, tally.invited),
        mean=_share(tally.sum, tally.responded),
        distribution=tally.ratings,
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
