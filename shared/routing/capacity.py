"""What happens to a representative's capacity: pure, one act of the outer world after the other."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.routing.model import ReserveCapacity, SettleCapacity
from shared.routing.presence import Chosen, Happened, presence_after, presence_chosen
from shared.routing.representatives import Holding, Representative, kept


def reserved(representative: Representative, asked: ReserveCapacity, now: datetime) -> Representative | None:
    """Keep room for this work, or give None: not there, or no room."""
    if not representative.presence.takes_work or representative.room(now) < asked.units:
        return None
    holding = Holding(
        asked.work_id,
        asked.round,
        asked.queue_id,
        asked.units,
        "reserved",
        since=now,
        until=now + timedelta(seconds=asked.offer_lasts_seconds),
    )
    return kept(replace(representative, holdings=(*representative.holdings, holding)), now)


def has_already(representative: Representative, asked: ReserveCapacity, now: datetime) -> bool:
    """Say whether room is kept for this very stay, or the work is theirs since then."""
    return any(
        each.work_id == asked.work_id and each.round >= asked.round for each in representative.holding(now)
    )


def settled(representative: Representative, told: SettleCapacity, now: datetime) -> Representative:
    """Let a reservation become what became of it; what is not there is not given back twice."""
    match told.outcome:
        case "taken":
            return _loaded(_taken(representative, told, now), "load_changed", now)
        case "finished":
            return _loaded(_finished(representative, told, now), "load_changed", now)
        case "declined" | "missed":
            return _loaded(_without_round(representative, told), told.outcome, now, told.ended_at)
        case "elsewhere":
            return kept(_without_reservation(representative, told), now)


def chosen(representative: Representative, presence: Chosen, now: datetime) -> Representative:
    """Let a person be where they say they are."""
    shown = presence_chosen(presence, representative.taken(), now)
    return kept(replace(representative, presence=shown), now)


def given_units(representative: Representative, units: int, now: datetime) -> Representative:
    """Let a representative take more or less from now on; what is in hand stays in hand."""
    return _loaded(replace(representative, units=units), "load_changed", now)


def _taken(representative: Representative, told: SettleCapacity, now: datetime) -> Representative:
    """Count the work as in hand, even where its reservation had lapsed: whoever owns the work has said so."""
    of_it = [each for each in representative.holdings if each.work_id == told.work_id]
    if any(each.state == "taken" and each.round >= told.round for each in of_it):
        return representative
    known = next((each for each in of_it if each.round == told.round), None) or Holding(
        told.work_id, told.round, None, told.units, "taken", since=now
    )
    others = tuple(
        each for each in representative.holdings if each.work_id != told.work_id or each.round > told.round
    )
    return replace(representative, holdings=(*others, replace(known, state="taken", until=None)))


def _finished(representative: Representative, told: SettleCapacity, now: datetime) -> Representative:
    left = tuple(
        each for each in representative.holdings if each.work_id != told.work_id or each.round > told.round
    )
    if len(left) == len(representative.holdings):
        return representative
    return replace(representative, holdings=left, last_released_at=now)


def _without_round(representative: Representative, told: SettleCapacity) -> Representative:
    """Let go of what was on offer up to this round, and of what was taken in any before it.

    Work that goes on to a later round was given back before, whether or not we have heard of that.
    """
    left = tuple(each for each in representative.holdings if not _is_over(each, told))
    return replace(representative, holdings=left)


def _is_over(holding: Holding, told: SettleCapacity) -> bool:
    latest = told.round if holding.state == "reserved" else told.round - 1
    return holding.work_id == told.work_id and holding.round <= latest


def _without_reservation(representative: Representative, told: SettleCapacity) -> Representative:
    left = tuple(each for each in representative.holdings if not _is_meant(each, told))
    return replace(representative, holdings=left)


def _is_meant(holding: Holding, told: SettleCapacity) -> bool:
    is_it = (holding.work_id, holding.round, holding.state) == (told.work_id, told.round, "reserved")
    return is_it and told.until in (None, holding.until)


def _loaded(
    representative: Representative, happened: Happened, now: datetime, ended_at: datetime | None = None
) -> Representative:
    after = presence_after(representative.presence, happened, representative.taken(), now, ended_at)
    return kept(replace(representative, presence=after), now)
