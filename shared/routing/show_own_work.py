"""Show a representative their own work."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.routing.documents import REPRESENTATIVE, representative_partition
from shared.routing.model import RepresentativeId
from shared.routing.presence import Base, Because
from shared.routing.representatives import UNITS_AT_FIRST, Holding, Representative, representative_id


@dataclass(frozen=True, slots=True)
class OfferShown:
    """Work that may be taken until a time."""

    work_id: str
    round: int
    queue_id: str | None
    units: int
    until: datetime


@dataclass(frozen=True, slots=True)
class InHandShown:
    """Work that was taken, since when."""

    work_id: str
    queue_id: str | None
    units: int
    since: datetime


@dataclass(frozen=True, slots=True)
class OwnWork:
    """Where one is, how much one has, what one is offered and what is in hand: ids only."""

    representative_id: RepresentativeId
    presence: Base
    because: Because
    units_used: int
    units_total: int
    offers: tuple[OfferShown, ...]
    in_hand: tuple[InHandShown, ...]


@dataclass(frozen=True, slots=True)
class ShowOwnWork:
    """Gives the caller's offers, the first to end standing first, and the talks they have, oldest first."""

    documents: Documents

    def __call__(self, *, caller: Caller, now: datetime) -> OwnWork:
        """Give it; whoever has never been on duty is offline and has nothing."""
        own_id = representative_id(caller)
        found = self.documents.look(representative_partition(own_id), REPRESENTATIVE, Representative)
        if found is None:
            return OwnWork(own_id, "offline", "chosen", 0, UNITS_AT_FIRST, (), ())
        own = found.body
        load = own.in_hand(now)
        return OwnWork(
            own_id,
            own.presence.base,
            own.presence.because,
            load.units,
            load.of_units,
            _offers(own.holdings, now),
            _in_hand(own.holdings),
        )


def _offers(holdings: tuple[Holding, ...], now: datetime) -> tuple[OfferShown, ...]:
    offers = [
        OfferShown(each.work_id, each.round, each.queue_id, each.units, each.until)
        for each in holdings
        if each.until is not None and each.is_offer(now)
    ]
    return tuple(sorted(offers, key=lambda each: each.until))


def _in_hand(holdings: tuple[Holding, ...]) -> tuple[InHandShown, ...]:
    taken = [
        InHandShown(each.work_id, each.queue_id, each.units, each.since)
        for each in holdings
        if each.state == "taken"
    ]
    return tuple(sorted(taken, key=lambda each: each.since))
