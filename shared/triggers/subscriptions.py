"""How far each subscription has come, and what a notification means to it: pure, and kept by `hear_hook`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.triggers.notifications import MOST_EVENTS, Event, Notification

EVENTFUL = ("event-notification", "query-event")


@dataclass(frozen=True, slots=True)
class HeardSubscription:
    """What we have heard of a subscription. `last_number` is the greatest event number that is dealt with.

    `gaps` counts how often numbers were missing, and the record itself was asked instead; `repeats`, how many
    events came again. `status` is its server's own word: one in `error` must be asked for again there.
    """

    subscription_id: str
    source: str
    last_number: int = 0
    status: str = ""
    heard_at: datetime | None = None
    gaps: int = 0
    last_gap_at: datetime | None = None
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Meaning:
    """What follows: how the subscription then stands, and what is to be looked at."""

    heard: HeardSubscription
    events: Sequence[Event] = ()
    asks_the_record: bool = False
    has_gap: bool = False


def meaning(before: HeardSubscription, told: Notification, now: datetime) -> Meaning:
    """Say what a notification means; told again, or late, it means nothing more.

    Numbers that are missing (a gap), events that name nothing, and more of them than are told one by one have
    the record itself asked. A handshake begins the counting anew.
    """
    after = replace(before, status=told.status, heard_at=max(now, before.heard_at or now))
    if told.kind == "handshake":
        return Meaning(replace(after, last_number=told.so_far or 0))
    if told.kind not in EVENTFUL:
        return _counted(after, told, now)
    new = [event for event in told.events if event.number > before.last_number]
    if told.kind == "query-event":
        return _meant(after, told.events, has_gap=False, now=now)
    after = replace(
        after,
        last_number=max(before.last_number, told.highest),
        repeats=before.repeats + len(told.events) - len(new),
    )
    numbers = {event.number for event in new}
    expected = max(told.highest - before.last_number, 0)
    return _meant(after, new, has_gap=len(numbers) < expected, now=now)


def _counted(after: HeardSubscription, told: Notification, now: datetime) -> Meaning:
    """Compare how many events there were with how many we know, as a heartbeat says: more is a gap."""
    if told.highest <= after.last_number:
        return Meaning(after)
    return _meant(replace(after, last_number=told.highest), (), has_gap=True, now=now)


def _meant(after: HeardSubscription, events: Sequence[Event], *, has_gap: bool, now: datetime) -> Meaning:
    if has_gap:
        after = replace(after, gaps=after.gaps + 1, last_gap_at=now)
    named = [event for event in events if event.focus is not None]
    asks = has_gap or len(named) < len(events) or len(named) > MOST_EVENTS
    return Meaning(after, named[:0] if len(named) > MOST_EVENTS else named, asks, has_gap)
