"""What reviewers have said of records, and what follows for all that are compared (UN-7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.matching.definitions import MatchingDraft
from shared.matching.model import PersonId, RecordPair, RecordRef

Verdict = Literal["same", "different"]


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody has said that the records on one side and those on the other are, or are not, one person's.

    `persons` are those that they were found under.
    """

    id: str
    matching_id: str
    verdict: Verdict
    left: tuple[RecordRef, ...]
    right: tuple[RecordRef, ...]
    persons: tuple[PersonId, ...]
    reason: str
    by: str
    at: datetime
    carried_out: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """Whether two records are the same person's, and how recently that was said: higher is later."""

    verdict: Verdict
    order: int


Sayings = Mapping[RecordPair, Said]


def sayings(draft: MatchingDraft, reviews: Iterable[Review]) -> Sayings:
    """Give what holds of each pair: of reviews the latest, and before all of them the definition's lists."""
    said: dict[RecordPair, Said] = {}
    said |= {pair_of(one.left, one.right): Said("same", 0) for one in draft.always}
    said |= {pair_of(one.left, one.right): Said("different", 0) for one in draft.never}
    in_order = sorted(reviews, key=lambda one: (one.at, one.id))
    for order, review in enumerate(in_order, start=1):
        pairs = (pair_of(one, other) for one in review.left for other in review.right)
        said |= {pair: Said(review.verdict, order) for pair in pairs}
    return said


def pair_of(one: RecordRef, other: RecordRef) -> RecordPair:
    """Give the pair, whichever was named first."""
    return RecordPair(*sorted((one, other)))


def contradictions(same: Sequence[RecordPair], different: Sequence[RecordPair]) -> Sequence[RecordPair]:
    """Give the pairs that two lists of one definition say opposite things of."""
    joined = {pair_of(one.left, one.right) for one in same}
    return [one for one in different if pair_of(one.left, one.right) in joined]
