"""From what a clock on the wall shows to the instant when it shows it, over gaps and folds in any zone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

Shown = datetime
"""What the wall clock shows: a datetime without a zone."""

_STEP = timedelta(hours=6)
"""No zone has ever changed its clocks twice within six hours."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time, in UTC, during which the wall clock stands `ahead` of it without a change."""

    begins: datetime
    ends: datetime
    ahead: timedelta


def shown_at(at: datetime, zone: str) -> Shown:
    """Give what the wall clock shows at an instant."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def first_instant(
    at: datetime, zone: str, next_shown: Callable[[Shown], Shown | None], *, within: timedelta
) -> datetime | None:
    """Give the first instant from `at` on, before `at + within`, at which the wall shows what is sought.

    `next_shown` gives the first wall time, not before the one it is given, that is sought. One in a gap is
    never shown, so the search goes on behind the gap; one in a fold is shown twice, and the first that is not
    before `at` counts.
    """
    for stretch in _stretches(at.astimezone(UTC), zone, within):
        shown = next_shown((stretch.begins + stretch.ahead).replace(tzinfo=None))
        if shown is None:
            continue
        found = shown.replace(tzinfo=UTC) - stretch.ahead
        if found < stretch.ends:
            return found
    return None


def shown_ahead(shown: Shown, zone: str) -> timedelta:
    """Give by how much the wall clock is ahead of UTC when it shows that, the first time it does."""
    return shown.replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()


def _stretches(begins: datetime, zone: str, within: timedelta) -> Iterator[_Stretch]:
    ends = begins + within
    while begins < ends:
        change = _change_after(begins, ends, zone)
        yield _Stretch(begins, change, _ahead(begins, zone))
        begins = change


def _change_after(begins: datetime, ends: datetime, zone: str) -> datetime:
    """Give when the clocks next change, or `ends` when they do not before."""
    ahead, until = _ahead(begins, zone), begins
    while until < ends:
        before, until = until, min(until + _STEP, ends)
        if _ahead(until, zone) != ahead:
            return _change_between(before, until, zone)
    return ends


def _change_between(before: datetime, after: datetime, zone: str) -> datetime:
    """Give the whole second at which the clocks change, of two instants between which they do once."""
    ahead, first, last = _ahead(before, zone), int(before.timestamp()), int(after.timestamp()) + 1
    while last - first > 1:
        middle = (first + last) // 2
        changed = _ahead(datetime.fromtimestamp(middle, UTC), zone) != ahead
        first, last = (first, middle) if changed else (middle, last)
    return datetime.fromtimestamp(last, UTC)


def _ahead(at: datetime, zone: str) -> timedelta:
    ahead = at.astimezone(ZoneInfo(zone)).utcoffset()
    return ahead or timedelta()
