"""The people who take work: whether they are there, and what they have in hand (RT-12, D4)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from shared.access.model import Caller
from shared.kernel.identity import derived
from shared.kernel.refusals import NotFound
from shared.kernel.sensitive import Sensitive
from shared.routing.model import RepresentativeId
from shared.routing.presence import MOST_SESSIONS, Load, Presence

UNITS_AT_FIRST = 3
MOST_UNITS = 100
SETTLING_TAKES = timedelta(seconds=30)
"""A reservation holds room so much longer than its offer stands: the word that it was taken is on its way."""


class NoSuchRepresentative(NotFound):
    """There is no such representative."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Room kept for work: reserved until a time, or taken until it is done with.

    `until` is when the offer ends; for work that was taken it says nothing. `queue_id` is None for work that
    was taken when its reservation was no longer known.
    """

    work_id: str
    round: int
    queue_id: str | None
    units: int
    state: Literal["reserved", "taken"]
    since: datetime
    until: datetime | None = None

    @property
    def lapses_at(self) -> datetime | None:
        """Give when it holds room no longer, whatever becomes of it."""
        return self.until + SETTLING_TAKES if self.state == "reserved" and self.until else None

    def holds_room(self, now: datetime) -> bool:
        return self.lapses_at is None or now < self.lapses_at

    def is_offer(self, now: datetime) -> bool:
        return self.state == "reserved" and self.until is not None and now < self.until


@dataclass(frozen=True, slots=True)
class Representative:
    """One person who takes work; all that guards their capacity is this one document.

    `free_since` is None while nothing can be given to them, `lapses_at` is when the first of the reservations
    ends: both are there to be found by, and are kept true by `kept`.
    """

    id: RepresentativeId
    who: str
    subject: str
    issuer: str
    display_name: Sensitive[str]
    presence: Presence
    last_released_at: datetime
    units: int = UNITS_AT_FIRST
    holdings: tuple[Holding, ...] = ()
    free_since: datetime | None = None
    lapses_at: datetime | None = None

    def holding(self, now: datetime) -> Iterator[Holding]:
        """Give what holds room now: what has lapsed never does."""
        return (each for each in self.holdings if each.holds_room(now))

    def in_hand(self, now: datetime) -> Load:
        """Give what holds room now, reservations included."""
        units = [each.units for each in self.holding(now)]
        return Load(sum(units), self.units, len(units))

    def room(self, now: datetime) -> int:
        """Give the units that are free now: none beyond ten talks (RT-12)."""
        load = self.in_hand(now)
        return max(0, load.of_units - load.units) if load.sessions < MOST_SESSIONS else 0

    def taken(self) -> Load:
        """Give the work that is truly theirs; presence goes by it, so that offers do not make it flicker."""
        units = [each.units for each in self.holdings if each.state == "taken"]
        return Load(sum(units), self.units, len(units))

    @property
    def active_at(self) -> datetime:
        """Give when they were last given work they still have, or were done with some (RT-7)."""
        return max([self.last_released_at, *(each.since for each in self.holdings)])


def representative_id(caller: Caller) -> RepresentativeId:
    """Name the caller as a representative: the same person is always the same, among all issuers."""
    return RepresentativeId(derived(caller.issuer, caller.subject))


def kept(representative: Representative, now: datetime) -> Representative:
    """Take out what has lapsed, and say anew by what the representative is found."""
    cleared = replace(representative, holdings=tuple(representative.holding(now)))
    is_free = cleared.presence.takes_work and cleared.room(now) > 0
    lapses = [each.lapses_at for each in cleared.holdings if each.lapses_at is not None]
    return replace(
        cleared,
        free_since=cleared.active_at if is_free else None,
        lapses_at=min(lapses, default=None),
    )
