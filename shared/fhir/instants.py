"""The stretch of time that a FHIR date, dateTime, instant or Period means.

A FHIR time is as wide as it is vague: `2024` is a whole year. Every text becomes the first and the last
microsecond it may mean, both included, counted from 1970 in UTC. A time without an offset is read as UTC, as
Azure Health Data Services does. Fractions beyond microseconds are cut off: seven digits occur (fhir.md §1).
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

DAWN = -(2**62)
DUSK = 2**62
SECOND = 1_000_000
DAY = 86_400 * SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_TIME = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?(?P<offset>Z|[+-]\d\d:\d\d)?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last microsecond, both included; `DAWN` and `DUSK` stand for an open end."""

    low: int
    high: int

    def contains(self, other: "Span") -> bool:
        return self.low <= other.low and other.high <= self.high


@lru_cache(maxsize=4096)
def span_of(text: str) -> Span:
    """Give the stretch that a date, dateTime or instant means. Raises `ValueError`, without the text."""
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise ValueError("not a FHIR date or time")  # noqa: EM101, TRY003  # the text itself must not be quoted (D17)
    if parts["month"] is None:
        return Span(_days(int(parts["year"]), 1, 1), _days(int(parts["year"]), 12, 31) + DAY - 1)
    if parts["day"] is None:
        year, month = int(parts["year"]), int(parts["month"])
        return Span(_days(year, month, 1), _days(year, month, _last_day(year, month)) + DAY - 1)
    start = _days(int(parts["year"]), int(parts["month"]), int(parts["day"]))
    if parts["hour"] is None:
        return Span(start, start + DAY - 1)
    return _within(start, parts)


def span_of_period(period: dict[str, Any]) -> Span:
    """Give the stretch of a Period; an end that is missing is open. Raises `ValueError`."""
    start, end = period.get("start"), period.get("end")
    return Span(span_of(start).low if start else DAWN, span_of(end).high if end else DUSK)


def microseconds(moment: datetime) -> int:
    """Count from 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(count: int) -> datetime:
    """Undo `microseconds`."""
    return _EPOCH + timedelta(microseconds=count)


@lru_cache(maxsize=64)
def instant_text(moment: datetime) -> str:
    """Spell a FHIR instant to the millisecond, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _within(day: int, parts: re.Match[str]) -> Span:
    hour, minute, second = int(parts["hour"]), int(parts["minute"]), min(int(parts["second"] or 0), 59)
    if hour > 23 or minute > 59:
        raise ValueError("not a time of day")  # noqa: EM101, TRY003  # the text itself must not be quoted (D17)
    start = day + (hour * 3600 + minute * 60 + second) * SECOND - _offset(parts["offset"])
    if parts["second"] is None:
        return Span(start, start + 60 * SECOND - 1)
    fraction = (parts["fraction"] or "")[:6]
    start += int(fraction.ljust(6, "0"))
    return Span(start, start + 10 ** (6 - len(fraction)) - 1)


def _offset(text: str | None) -> int:
    if text is None or text == "Z":
        return 0
    seconds = int(text[1:3]) * 3600 + int(text[4:6]) * 60
    return (seconds if text[0] == "+" else -seconds) * SECOND


def _days(year: int, month: int, day: int) -> int:
    return (date(year, month, day).toordinal() - _EPOCH_DAY) * DAY


def _last_day(year: int, month: int) -> int:
    date(year, month, 1)
    return monthrange(year, month)[1]
