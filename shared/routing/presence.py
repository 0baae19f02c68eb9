"""Whether a representative takes work just now, and what changes that (RT-12, RT-18): pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Base = Literal["available", "busy", "do_not_disturb", "appear_away", "offline", "inactive"]
Chosen = Literal["available", "busy", "do_not_disturb", "appear_away", "offline"]
"""What a person may choose; only the system calls somebody inactive, after an offer they missed."""
Because = Literal["chosen", "load", "declined", "missed"]
"""A person chose it, or the work in hand made it so, or an offer that was declined or missed."""
Happened = Literal["load_changed", "declined", "missed"]

MOST_SESSIONS = 10
"""With so many talks in hand nobody is disturbed further, whatever capacity is left."""
TAKES_WORK: frozenset[Base] = frozenset({"available", "busy"})
GONE: frozenset[Base] = frozenset({"appear_away", "offline", "inactive"})
"""Who is so present is not at the desk; whoever is busy, or not to be disturbed, is."""
_STICKS: frozenset[Base] = frozenset({"do_not_disturb", "appear_away", "offline"})


@dataclass(frozen=True, slots=True)
class Presence:
    """Where somebody is, since when, and what made it so.

    `chosen_at` is when they last said so themselves, None once the system has sent them away.
    """

    base: Base
    because: Because
    since: datetime
    chosen_at: datetime | None = None

    @property
    def chosen_by(self) -> Literal["person", "system"]:
        return "person" if self.because == "chosen" else "system"

    @property
    def takes_work(self) -> bool:
        return self.base in TAKES_WORK

    @property
    def has_gone(self) -> bool:
        return self.base in GONE

    @property
    def stays(self) -> bool:
        """Say whether only the person's own choice ends it."""
        return self.because in ("declined", "missed") or (self.because == "chosen" and self.base in _STICKS)


@dataclass(frozen=True, slots=True)
class Load:
    """The work that somebody has in hand: units of capacity, and talks."""

    units: int
    of_units: int
    sessions: int


def presence_after(
    presence: Presence, happened: Happened, load: Load, now: datetime, ended_at: datetime | None = None
) -> Presence:
    """Give the presence after an event: what a person chose to be left alone by stands (RT-12).

    An offer that had ended before they last said where they are sends nobody away: its word comes late.
    """
    if presence.because == "chosen" and presence.base in _STICKS:
        return presence
    if _has_spoken_since(presence, ended_at):
        happened = "load_changed"
    if happened == "declined":
        return Presence("do_not_disturb", "declined", now)
    if happened == "missed":
        return Presence("inactive", "missed", now)
    return presence if presence.stays else _by_load(presence, load, now)


def presence_chosen(chosen: Chosen, load: Load, now: datetime) -> Presence:
    """Give the presence after a person's choice: to be available clears whatever stood, but not the load."""
    presence = Presence(chosen, "chosen", now, chosen_at=now)
    return _by_load(presence, load, now) if chosen == "available" else presence


def _has_spoken_since(presence: Presence, ended_at: datetime | None) -> bool:
    return ended_at is not None and presence.chosen_at is not None and presence.chosen_at > ended_at


def _by_load(presence: Presence, load: Load, now: datetime) -> Presence:
    base = _base_by(load)
    return presence if base == presence.base else Presence(base, "load", now, presence.chosen_at)


def _base_by(load: Load) -> Base:
    if load.sessions == 0:
        return "available"
    is_full = load.units >= load.of_units or load.sessions >= MOST_SESSIONS
    return "do_not_disturb" if is_full else "busy"
