"""Facts in order of time, a page at a time: pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.fhir.instants import microseconds
from shared.kernel.refusals import Nonsense
from shared.patients.facts import Fact

Place = tuple[int, str]
"""Where a fact stands: its time in microseconds, and its resource."""

_DAWN = -(10**17)
"""Where those stand that have no date: before all others."""
_PLACE = re.compile(r"(-?\d{1,18})~([A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Days:
    """From one moment up to another, either of them open."""

    begins: datetime | None
    ends: datetime | None

    def hold(self, fact: Fact) -> bool:
        """Say whether a fact falls on them at all; one without a date does only where both ends are open."""
        if fact.starts_at is None:
            return self.begins is None and self.ends is None
        last = fact.ends_at or fact.starts_at
        begun = self.begins is None or last >= self.begins
        return begun and (self.ends is None or fact.starts_at < self.ends)


def days_of(since: date | None, until: date | None, zone: str) -> Days:
    """Read days, both included, as a calendar in that zone has them. Raises `Nonsense` for none at all."""
    if since and until and until < since:
        raise Nonsense(("until", "before since"))
    place = ZoneInfo(zone)
    return Days(_midnight(since, 0, place), _midnight(until, 1, place))


def _midnight(day: date | None, later: int, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.combine(day + timedelta(days=later), time(), zone).astimezone(UTC) if day else None
    except OverflowError:  # the first or the last day that there is
        return None


def page_of(
    facts: Sequence[Fact], after: Place | None, limit: int, *, soonest_first: bool = False
) -> tuple[Sequence[Fact], str | None]:
    """Give one page, latest first unless told otherwise, and where the next begins."""
    in_order = sorted(facts, key=_place, reverse=not soonest_first)
    rest = [
        fact
        for fact in in_order
        if after is None or (_place(fact) > after if soonest_first else _place(fact) < after)
    ]
    page = rest[:limit]
    return page, "~".join(map(str, _place(page[-1]))) if len(rest) > limit else None


def _place(fact: Fact) -> Place:
    return microseconds(fact.starts_at) if fact.starts_at else _DAWN, fact.resource


def place_in(text: str | None) -> Place | None:
    """Read what a page gave as its `next`. Raises `Nonsense` for anything else."""
    if text is None:
        return None
    parts = _PLACE.fullmatch(text)
    if parts is None:
        raise Nonsense(("after", "not a former answer's next"))
    return int(parts[1]), parts[2]
