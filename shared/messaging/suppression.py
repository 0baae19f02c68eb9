"""Addresses that must not be written to for a while, or ever, because of what came back (CO-13)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.kernel.refusals import NotFound, Refusal
from shared.messaging.model import BounceCategory

MOST_SOFT_BOUNCES = 5
ABOUT_THE_SENDER = frozenset(
    {
        BounceCategory.DMARC,
        BounceCategory.REPUTATION,
        BounceCategory.BLOCKLISTING,
        BounceCategory.RELAYING,
        BounceCategory.POLICY,
    }
)
"""What is wrong with us, or with what we sent, and tells nothing of the address."""
BANS = (timedelta(days=7), timedelta(days=14), timedelta(days=30), timedelta(days=180))
"""How long an address is left alone, the first time, the second, and so on; the last for all that follow."""


class NotSuppressed(NotFound):
    """That contact point is not suppressed."""


class SuppressedForGood(Refusal):
    """Who has complained is not written to again."""


class SuppressionCause(StrEnum):
    """What came back."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Suppression:
    """What has come back from one contact point. `since` is None while it is not suppressed."""

    contact: str
    cause: SuppressionCause | None = None
    since: datetime | None = None
    until: datetime | None = None
    occurrences: int = 0
    soft_bounces: int = 0

    def stands(self, at: datetime) -> bool:
        """Say whether the contact point must be left alone then."""
        return self.since is not None and (self.until is None or at < self.until)

    @property
    def is_for_good(self) -> bool:
        """Whether nobody may lift it."""
        return self.cause is SuppressionCause.COMPLAINT


def after_bounce(suppression: Suppression, category: BounceCategory, at: datetime) -> Suppression:
    """Suppress at once after a hard bounce, and after the fifth soft one in a row.

    What is said of the sender leaves the address as it was: one bad day of ours would ban every patient.
    """
    if category in ABOUT_THE_SENDER:
        return suppression
    if category.is_hard:
        return _banned(suppression, SuppressionCause.HARD_BOUNCE, at)
    counted = replace(suppression, soft_bounces=suppression.soft_bounces + 1)
    if counted.soft_bounces < MOST_SOFT_BOUNCES:
        return counted
    return _banned(counted, SuppressionCause.SOFT_BOUNCES, at)


def after_delivery(suppression: Suppression) -> Suppression:
    """Begin to count soft bounces anew."""
    return replace(suppression, soft_bounces=0)


def after_complaint(suppression: Suppression, at: datetime) -> Suppression:
    """Never write there again."""
    return replace(suppression, cause=SuppressionCause.COMPLAINT, since=at, until=None)


def lifted(suppression: Suppression, at: datetime) -> Suppression:
    """Let it be written to again; what came back before still counts towards the length of the next ban."""
    if not suppression.stands(at):
        raise NotSuppressed
    if suppression.is_for_good:
        raise SuppressedForGood
    return replace(suppression, cause=None, since=None, until=None, soft_bounces=0)


def _banned(suppression: Suppression, cause: SuppressionCause, at: datetime) -> Suppression:
    if suppression.is_for_good:
        return suppression
    ban = BANS[min(suppression.occurrences, len(BANS) - 1)]
    return replace(
        suppression,
        cause=cause,
        since=at,
        until=at + ban,
        occurrences=suppression.occurrences + 1,
        soft_bounces=0,
    )
