"""Hours, holidays and quiet times: weekly windows and single dates, read off the clock on the wall.

Whether it is open or quiet is decided by what the clock of a zone shows; the hour that a change of clocks
repeats is open, or quiet, both times, and the one that it skips never comes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum

from shared.calendars.holiday_rules import HolidayRules
from shared.calendars.wall_time import Shown, first_instant, shown_ahead, shown_at

LONGEST_QUIET = timedelta(days=21)
"""After which it must have been not quiet at least once (CO-11)."""
LONGEST_CLOSED = timedelta(days=366)
"""How far ahead an opening is looked for."""
_DAY = timedelta(days=1)
_SLACK = timedelta(hours=4)
"""More than any change of clocks has ever moved them within a day of the longest quiet."""
_ANY_WEEK = tuple(date(2026, 1, 5) + timedelta(days=day) for day in range(7))


class Weekday(IntEnum):
    """As `date.weekday()` counts them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


EVERY_DAY = tuple(Weekday)
Span = tuple[Shown, Shown]
"""From a wall time up to, and without, another."""


class QuietTooLong(ValueError):
    """It would be quiet for longer than 21 days on end."""


@dataclass(frozen=True, slots=True)
class Window:
    """A time of day on some weekdays; one that ends no later than it starts goes on into the next day."""

    days: tuple[Weekday, ...]
    starts: time
    ends: time

    def on(self, day: date) -> Iterator[Span]:
        """Give the span that begins on that date, if one does."""
        if day.weekday() in self.days:
            over_midnight = self.ends <= self.starts
            yield datetime.combine(day, self.starts), datetime.combine(day + _DAY * over_midnight, self.ends)


@dataclass(frozen=True, slots=True)
class OperatingHours:
    """When we are open: weekly windows, but on holidays only at the times set for that very date."""

    zone: str
    weekly: tuple[Window, ...]
    holidays: HolidayRules = field(default_factory=HolidayRules)
    on_dates: tuple[tuple[date, tuple[tuple[time, time], ...]], ...] = ()

    def is_open(self, at: datetime) -> bool:
        """Say whether we are open at that instant."""
        return _is_within(shown_at(at, self.zone), self._spans(shown_at(at, self.zone)))

    def next_opening(self, at: datetime) -> datetime | None:
        """Give the first instant from `at` on at which we are open, or None if it is not within a year."""
        return first_instant(at, self.zone, self._next_open, within=LONGEST_CLOSED)

    def _next_open(self, shown: Shown) -> Shown | None:
        for ahead in range(LONGEST_CLOSED.days + 1):
            spans = self._spans(shown + _DAY * ahead)
            starts = [max(start, shown) for start, end in spans if end > shown]
            if starts:
                return min(starts)
        return None

    def _spans(self, shown: Shown) -> list[Span]:
        """Give the spans that may cover a wall time: those that begin on its date or on the day before."""
        return [*self._on(shown.date() - _DAY), *self._on(shown.date())]

    def _on(self, day: date) -> Iterable[Span]:
        own = dict(self.on_dates).get(day)
        if own is not None:
            return [span for starts, ends in own for span in Window(EVERY_DAY, starts, ends).on(day)]
        return (
            []
            if self.holidays.is_holiday(day)
            else [span for window in self.weekly for span in window.on(day)]
        )


@dataclass(frozen=True, slots=True)
class QuietTime:
    """When nobody is to be disturbed: weekly windows and whole dates. Refuses to last longer than 21 days."""

    zone: str
    weekly: tuple[Window, ...] = ()
    dates: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        starts = {datetime.combine(day, at) for day in self._days_to_try() for at in self._times_to_try()}
        for start in starts:
            begun = start.replace(tzinfo=UTC) - shown_ahead(start, self.zone)
            if first_instant(begun, self.zone, self._next_loud, within=LONGEST_QUIET - _SLACK) is None:
                raise QuietTooLong

    def is_quiet(self, at: datetime) -> bool:
        """Say whether it is quiet at that instant."""
        shown = shown_at(at, self.zone)
        return _is_within(shown, self._spans(shown))

    def quiet_until(self, at: datetime) -> datetime | None:
        """Give the first instant at which it is quiet no longer, or None when it is not quiet at `at`."""
        if not self.is_quiet(at):
            return None
        return first_instant(at, self.zone, self._next_loud, within=LONGEST_QUIET)

    def _days_to_try(self) -> set[date]:
        """Give the dates on which the longest quiet may begin: any week's, and those before a quiet date.

        A fortnight before, since a change of clocks can swallow one week's only window.
        """
        return {*_ANY_WEEK, *(day - _DAY * back for day in self.dates for back in range(16))}

    def _times_to_try(self) -> set[time]:
        return {time(), *(window.starts for window in self.weekly)}

    def _next_loud(self, shown: Shown) -> Shown | None:
        """Give the first wall time from `shown` on that is in no span, if it comes within three weeks."""
        latest = shown + LONGEST_QUIET
        while shown <= latest:
            ends = [end for start, end in self._spans(shown) if start <= shown < end]
            if not ends:
                return shown
            shown = max(ends)
        return None

    def _spans(self, shown: Shown) -> list[Span]:
        return [*self._on(shown.date() - _DAY), *self._on(shown.date())]

    def _on(self, day: date) -> Iterator[Span]:
        if day in self.dates:
            yield datetime.combine(day, time()), datetime.combine(day + _DAY, time())
        for window in self.weekly:
            yield from window.on(day)


def _is_within(shown: Shown, spans: Iterable[Span]) -> bool:
    return any(start <= shown < end for start, end in spans)
