"""When does a timer tick? NCRONTAB: six fields, seconds first, as Azure Functions reads them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LOOK_AHEAD = timedelta(days=366 * 28)
"""29 February on a given weekday comes round within 28 years; what does not tick by then never does."""


class ScheduleRefused(Exception):
    """The schedule is not six NCRONTAB fields, or it would never tick."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The instants at which a timer ticks. A day must satisfy both its day and its day of the week."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    days_of_week: frozenset[int]

    def after(self, instant: datetime) -> datetime:
        """Give the first tick strictly after `instant`."""
        start = instant.replace(microsecond=0) + timedelta(seconds=1)
        day = start.replace(hour=0, minute=0, second=0)
        while day - start < _LOOK_AHEAD:
            if self._ticks_on(day):
                found = self._first_on(day, max(start, day))
                if found is not None:
                    return found
            day += timedelta(days=1)
        raise ScheduleRefused

    def _ticks_on(self, day: datetime) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.days_of_week

    def _first_on(self, day: datetime, earliest: datetime) -> datetime | None:
        for hour in self.hours:
            if hour < earliest.hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (earliest.hour, earliest.minute):
                    continue
                for second in self.seconds:
                    tick = day.replace(hour=hour, minute=minute, second=second)
                    if tick >= earliest:
                        return tick
        return None


def schedule(text: str) -> Schedule:
    """Read six NCRONTAB fields, seconds first; raise `ScheduleRefused` naming the field that is wrong."""
    parts = text.split()
    if len(parts) != len(_FIELDS):
        message = f"a schedule has six fields, seconds first: {text!r} has {len(parts)}"
        raise ScheduleRefused(message)
    seconds, minutes, hours, days, months, days_of_week = (
        _values(part, field) for part, field in zip(parts, _FIELDS, strict=True)
    )
    read = Schedule(
        tuple(sorted(seconds)),
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        frozenset(days),
        frozenset(months),
        frozenset(days_of_week),
    )
    if min(days) > max(_LONGEST_DAY[month] for month in months):
        message = f"{text!r} would never tick"
        raise ScheduleRefused(message)
    return read


_LONGEST_DAY = dict(zip(range(1, 13), (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))


def _values(text: str, field: _Field) -> set[int]:
    return {value for item in text.split(",") for value in _item(item, field)}


def _item(text: str, field: _Field) -> Iterable[int]:
    """Read one of `*`, `5`, `1-5`, each with an optional `/step`; a step after one number runs to the end."""
    match = re.fullmatch(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?", text)
    if match is None:
        raise _wrong(field, text)
    star, first, last, step_text = match.groups()
    step = int(step_text) if step_text else 1
    low = field.lowest if star else _number(first, field)
    high = field.highest if star or (step_text and not last) else _number(last or first, field)
    if step < 1 or low > high:
        raise _wrong(field, text)
    return range(low, high + 1, step)


def _number(text: str, field: _Field) -> int:
    if text[:3].lower() in field.names and text.isalpha():
        return field.names.index(text[:3].lower()) + field.lowest
    if not text.isdigit() or not field.lowest <= int(text) <= field.highest:
        raise _wrong(field, text)
    return int(text)


def _wrong(field: _Field, text: str) -> ScheduleRefused:
    return ScheduleRefused(f"{text!r} is not a {field.name}")
