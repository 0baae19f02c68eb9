"""Work that waits in a queue, and to whom it has been held out: pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.kernel.refusals import NotFound
from shared.routing.model import CapacityReserved, NotTaken, OfferWork, RepresentativeId

ASKING_TAKES = timedelta(seconds=15)
"""After which somebody else is asked, if whoever was asked to keep room has not answered."""
OFFER_OVERDUE_AFTER = timedelta(minutes=1)
"""An offer is ended by whoever owns the work, as its next round; if no word of that comes, by us, so late."""
DECLINERS_WAIT = timedelta(minutes=1)
"""After which even whoever has declined may be asked again, if there is nobody else (no chat is starved)."""


class NotWaiting(NotFound):
    """No such work waits in this queue."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Something stands between this work and a representative, until a time (business time)."""

    representative_id: RepresentativeId
    until: datetime


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Somebody had no room for this work as of a version of theirs: asked again when that has changed."""

    representative_id: RepresentativeId
    version: int


@dataclass(frozen=True, slots=True)
class Stay:
    """A work's latest stay in a queue; one that is over never begins again, whatever comes late or twice.

    `waiting_id` is under which id it waits there, None once it does no more.
    """

    work_id: str
    round: int
    is_over: bool
    waiting_id: str | None = None


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """One stay of a piece of work in a queue.

    `since` is when the person began to wait, `entered_at` when this stay began. It is `asked` of somebody to
    keep room, then `offered`; `passed_over` had none. `ready_at` is from when it may be held out. Whoever
    `is_known` goes before whoever is not.
    """

    work_id: str
    queue_id: str
    round: int
    units: int
    since: datetime
    entered_at: datetime
    not_to: tuple[RepresentativeId, ...]
    offer_lasts_seconds: int
    ready_at: datetime
    asked: HeldOut | None = None
    offered: HeldOut | None = None
    passed_over: tuple[PassedOver, ...] = ()
    is_known: bool = True

    def is_ready(self, now: datetime) -> bool:
        return self.ready_at <= now


def entered(offer: OfferWork, now: datetime) -> WaitingWork:
    """Let work begin a stay in a queue."""
    return WaitingWork(
        work_id=offer.work_id,
        queue_id=offer.queue_id,
        round=offer.round,
        units=max(1, offer.units),
        since=offer.since,
        entered_at=now,
        not_to=offer.not_to,
        offer_lasts_seconds=offer.offer_lasts_seconds,
        ready_at=now,
        is_known=offer.is_known,
    )


def asked_of(waiting: WaitingWork, representative_id: RepresentativeId, now: datetime) -> WaitingWork:
    """Note who was asked to keep room; an offer that nobody has ended is forgotten."""
    until = now + ASKING_TAKES
    return replace(waiting, asked=HeldOut(representative_id, until), offered=None, ready_at=until)


def not_taken(waiting: WaitingWork, told: NotTaken, now: datetime) -> WaitingWork:
    """Let others have it at once, if it is still this very asking that came to nothing."""
    if waiting.round != told.round or waiting.asked is None or waiting.offered is not None:
        return waiting
    if waiting.asked.representative_id != told.representative_id:
        return waiting
    others = (each for each in waiting.passed_over if each.representative_id != told.representative_id)
    passed = PassedOver(told.representative_id, told.version)
    return replace(waiting, asked=None, passed_over=(*others, passed), ready_at=now)


def offered_to(waiting: WaitingWork, kept: CapacityReserved, now: datetime) -> WaitingWork | None:
    """Hold it out to whoever keeps room, or give None: it is held out to somebody else, or it is too late."""
    if waiting.round != kept.round or now >= kept.until:
        return None
    if waiting.offered is not None and not waiting.is_ready(now):
        return None
    offered = HeldOut(kept.representative_id, kept.until)
    return replace(waiting, asked=None, offered=offered, ready_at=kept.until + OFFER_OVERDUE_AFTER)


def is_offered_so(waiting: WaitingWork, kept: CapacityReserved) -> bool:
    """Say whether this very reservation has been made an offer before."""
    return waiting.round == kept.round and waiting.offered == HeldOut(kept.representative_id, kept.until)
