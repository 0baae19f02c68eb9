"""Search for slots that can be booked (AP-2)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo

from shared.appointments.free_slots import Free, candidates, free_of, schedules_of
from shared.appointments.in_fhir import is_id, is_virtual, words_for
from shared.appointments.wanted_times import Window, window_wanted, zone_named
from shared.appointments.who_and_where import WhoAndWhere, looked_up, on_the_wall, who_and_where
from shared.fhir.instants import moment_of
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.refusals import Nonsense

MOST_LOOKS = 10
"""Batches looked through for one page; where nearly all is taken, a page is short and has a next one."""
_CODE = re.compile(r"[^\s,|$\\]{1,64}")
Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class SlotsQuery:
    """Which slots: times are ISO 8601, with an offset or as the clock of `time_zone` shows them.

    `specialty` is a code, of whatever system. Without a `time_zone`, times are read as the organisation's
    clock shows them, and each slot is shown with the offset that it has in the record: the clinic's own.
    """

    practitioner: str | None = None
    specialty: str | None = None
    mode: Literal["in_person", "virtual"] | None = None
    starts_from: str | None = None
    starts_before: str | None = None
    time_zone: str | None = None
    limit: int = 20
    after: str | None = None


@dataclass(frozen=True, slots=True)
class SlotShown:
    """One slot to choose; `label` says it in words: day, time, with whom, and where."""

    id: str
    starts_at: datetime
    ends_at: datetime
    label: str
    practitioner_id: str | None
    practitioner_name: str | None
    specialty: str | None
    service: str | None
    is_virtual: bool
    location_name: str | None


@dataclass(frozen=True, slots=True)
class SlotsFound:
    """One page of slots in order of their start; go on with `next` while there is one."""

    slots: tuple[SlotShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class SearchSlots:
    """Gives slots that are free and to come, and that no other work of the practitioner or room overlaps.

    What is shown may be gone when it is booked: booking looks again. `zone` is the organisation's.
    """

    record: ClinicalRecord
    zone: str

    def __call__(self, query: SlotsQuery, *, now: datetime) -> SlotsFound:
        """Give a page, or raise `Nonsense` for what cannot be understood."""
        limit, after = max(1, min(query.limit, 100)), _read(query.after)
        zone, asked = zone_named(query.time_zone or self.zone), query.time_zone is not None
        window = window_wanted(query.starts_from, query.starts_before, zone, now=now)
        if after is not None:
            window = Window(max(window.starts, moment_of(after[0])), window.ends)
        schedules = schedules_of(self.record, _practitioner(query)) if query.practitioner else None
        found = candidates(self.record, window, schedules, _specialty(query), limit=limit)
        ahead = (one for one in found if after is None or one.key > after)
        free: list[Free] = []
        last: Key | None = after
        for _ in range(MOST_LOOKS):
            some = list(islice(ahead, limit))
            fitting = [one for one in free_of(self.record, some) if _has_mode(one, query)]
            taken = fitting[: limit - len(free)]
            free += taken
            if len(free) == limit:
                last = (taken[-1].time.start, str(taken[-1].slot["id"]))
                is_last = taken == fitting and len(some) < limit
                return SlotsFound(self._shown(free, zone, asked=asked), None if is_last else _spelt(last))
            if len(some) < limit:
                return SlotsFound(self._shown(free, zone, asked=asked), None)
            last = some[-1].key
        return SlotsFound(self._shown(free, zone, asked=asked), _spelt(last) if last else None)

    def _shown(self, free: Sequence[Free], zone: ZoneInfo, *, asked: bool) -> tuple[SlotShown, ...]:
        known = looked_up(self.record, {name for one in free for name in one.named})
        return tuple(_one_shown(one, known, zone, asked=asked) for one in free)


def _one_shown(free: Free, known: Mapping[str, Resource], zone: ZoneInfo, *, asked: bool) -> SlotShown:
    who = who_and_where(free.named, known)
    by_video = is_virtual(free.slot, free.schedule)
    starts_at, ends_at = on_the_wall(free.slot, free.time, zone)
    if asked:
        starts_at, ends_at = starts_at.astimezone(zone), ends_at.astimezone(zone)
    return SlotShown(
        id=str(free.slot["id"]),
        starts_at=starts_at,
        ends_at=ends_at,
        label=_label(starts_at, who, by_video=by_video),
        practitioner_id=who.practitioner_id,
        practitioner_name=who.practitioner_name,
        specialty=words_for("specialty", free.slot, free.schedule),
        service=words_for("serviceType", free.slot, free.schedule),
        is_virtual=by_video,
        location_name=who.location_name,
    )


def _label(starts_at: datetime, who: WhoAndWhere, *, by_video: bool) -> str:
    """Say `Monday 30 March 2026, 09:20 with Dr Ada Holm at North Clinic`, or `by video`."""
    when = f"{starts_at:%A} {starts_at.day} {starts_at:%B %Y, %H:%M}"
    whom = f" with {who.practitioner_name}" if who.practitioner_name else ""
    place = f" at {who.location_name}" if who.location_name else ""
    return when + whom + (" by video" if by_video else place)


def _has_mode(free: Free, query: SlotsQuery) -> bool:
    return query.mode is None or is_virtual(free.slot, free.schedule) == (query.mode == "virtual")


def _practitioner(query: SlotsQuery) -> str:
    if not is_id(query.practitioner or ""):
        raise Nonsense(("practitioner", "not an id"))
    return query.practitioner or ""


def _specialty(query: SlotsQuery) -> str | None:
    if query.specialty is not None and not _CODE.fullmatch(query.specialty):
        raise Nonsense(("specialty", "not a code"))
    return query.specialty


def _spelt(key: Key) -> str:
    return f"{key[0]}~{key[1]}"


def _read(text: str | None) -> Key | None:
    if text is None:
        return None
    parts = re.fullmatch(r"(-?\d{1,16})~([A-Za-z0-9\-.]{1,64})", text, re.ASCII)
    if parts is None:
        raise Nonsense(("after", "not a former answer's next"))
    return int(parts[1]), parts[2]
