"""Wait (ST-2): days are counted on the wall, hours and minutes by the watch."""

from datetime import datetime, time, timedelta

from shared.calendars.wall_time import Shown, first_instant, shown_at
from shared.journeys.model import WaitStep
from shared.journeys.steps.arrival import Arrival, Outcome

_DAY = timedelta(days=1)
_AROUND = timedelta(days=3)
"""A wall time comes within a day of where it is looked for, whatever the clocks do."""


def decide(step: WaitStep, arrival: Arrival) -> Outcome:
    """Say until when; a time that has come already does not hold anybody up."""
    until = days_later(arrival.now, arrival.zone, step.days)
    until += timedelta(hours=step.hours, minutes=step.minutes)
    if step.until is not None:
        until = _time_of_day(until, arrival.zone, step.until)
    return Outcome("waited", waits_until=until)


def days_later(at: datetime, zone: str, days: int) -> datetime:
    """Give the same time on the wall some days later, or earlier where less than none.

    Where the clocks skip it, that is the end of the skip; where they show it twice, the first time.
    """
    if days == 0:
        return at
    wanted = shown_at(at, zone) + _DAY * days
    return _first(at + _DAY * (days - 1), zone, wanted)


def _time_of_day(at: datetime, zone: str, wanted: time) -> datetime:
    """Give the first instant from `at` on when the wall clock shows, or has just skipped, that time."""
    shown = shown_at(at, zone)
    today = datetime.combine(shown, wanted)
    return _first(at, zone, today if today >= shown else today + _DAY)


def _first(at: datetime, zone: str, wanted: Shown) -> datetime:
    found = first_instant(at, zone, lambda shown: max(shown, wanted), within=_AROUND)
    if found is None:
        msg = "a wall time did not come within three days"
        raise ArithmeticError(msg)
    return found
