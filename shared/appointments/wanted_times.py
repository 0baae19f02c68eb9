"""From what somebody types as a time to an instant: with an offset, or as their wall clock shows it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.kernel.refusals import Nonsense

LONGEST_WINDOW = timedelta(days=62)
USUAL_WINDOW = timedelta(days=14)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+){0,2}")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+\- ]\d\d:?\d\d)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Window:
    """From an instant up to, and without, another."""

    starts: datetime
    ends: datetime


def zone_named(name: str) -> ZoneInfo:
    """Give a time zone of the IANA database. Raises `Nonsense`."""
    try:
        if _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder of zones, a path, a name that nobody has given
        pass
    raise Nonsense(("time_zone", "not the name of a time zone"))


def window_wanted(starts: str | None, ends: str | None, zone: ZoneInfo, *, now: datetime) -> Window:
    """Give what was asked for, from now on at the earliest: 14 days unless told, 62 at most.

    Raises `Nonsense` for what is no time, never comes, or is too long.
    """
    begins = max(_instant("starts_from", starts, zone), now) if starts else now
    finishes = _instant("starts_before", ends, zone) if ends else _usual_end(begins)
    if finishes - begins > LONGEST_WINDOW:
        raise Nonsense(("starts_before", f"more than {LONGEST_WINDOW.days} days after the beginning"))
    return Window(begins, finishes)


def _usual_end(begins: datetime) -> datetime:
    try:
        return begins + USUAL_WINDOW
    except OverflowError:  # the calendar ends before
        raise Nonsense(("starts_from", "too late")) from None


def _instant(field: str, text: str, zone: ZoneInfo) -> datetime:
    if not _TIME.fullmatch(text):
        raise Nonsense((field, "not a time"))
    try:
        read = datetime.fromisoformat(re.sub(r" (?=\d\d:?\d\d$)", "+", text) if len(text) > 16 else text)
        return _on_the_wall(field, read, zone) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Nonsense((field, "not a time")) from None


def _on_the_wall(field: str, shown: datetime, zone: ZoneInfo) -> datetime:
    """Read a wall time: one that the change of clocks skips never comes, of one repeated the first counts."""
    instant = shown.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != shown:
        raise Nonsense((field, "is skipped by the change of clocks in this time zone"))
    return instant
