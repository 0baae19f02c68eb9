"""When refreshes begin by themselves (UN-17): pure but for where it is kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from shared.calendars.zones import is_zone
from shared.kernel.documents import Document, Documents
from shared.kernel.refusals import AlreadyExists, Stale
from shared.patients.refreshes import PARTITION

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = get_args(Day)
CURRENT = "refreshschedule~current"
MOST_A_DAY = 4
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class RefreshScheduleIsThere(AlreadyExists):
    """There is a schedule already; who changes it says in If-Match which version was seen."""


class RefreshScheduleChangedMeanwhile(Stale):
    """The schedule has been changed since it was read."""


@dataclass(frozen=True, slots=True)
class ScheduleWanted:
    """At which times of day (`02:30`), by the clock of `zone` or the house's, on which days; none: daily."""

    is_on: bool
    times: tuple[str, ...] = ()
    days: tuple[Day, ...] = ()
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class RefreshSchedule:
    """The schedule as it is kept, and when the next refresh is due by it."""

    wanted: ScheduleWanted
    zone: str
    next_at: datetime | None


def schedule_of(documents: Documents) -> Document[RefreshSchedule] | None:
    """Give the schedule, or None as long as nobody has set one: then nothing begins by itself."""
    return documents.look(PARTITION, CURRENT, RefreshSchedule)


def problems(wanted: ScheduleWanted) -> Iterator[tuple[str, str]]:
    """Give what is wrong, as field paths and reasons."""
    if len(wanted.times) > MOST_A_DAY or (wanted.is_on and not wanted.times):
        yield "times", f"not 1 to {MOST_A_DAY}"
    for place, one in enumerate(wanted.times):
        if not _TIME.fullmatch(one):
            yield f"times.{place}", "not a time of day, as 02:30"
    if len(set(wanted.times)) < len(wanted.times):
        yield "times", "the same twice"
    if wanted.zone is not None and not is_zone(wanted.zone):
        yield "zone", "not an IANA time zone"


def due_after(wanted: ScheduleWanted, zone: str, now: datetime) -> datetime | None:
    """Give when the next is due, strictly after now.

    A time that a change of clocks skips is as much later as the clocks went ahead; of one that is shown twice
    the first counts.
    """
    if not wanted.is_on:
        return None
    today = now.astimezone(ZoneInfo(zone)).date()
    days = [today + timedelta(days=ahead) for ahead in range(-1, 9)]
    instants = (
        datetime.combine(day, time.fromisoformat(one), ZoneInfo(zone)).astimezone(UTC)
        for day in days
        if not wanted.days or DAYS[day.weekday()] in wanted.days
        for one in wanted.times
    )
    return min((one for one in instants if one > now), default=None)
