"""Free slots of the record in their order, and which of them nobody's other work is in the way of."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby

from shared.appointments.actors import Actor, actors_named
from shared.appointments.in_fhir import Time, references, referred, time_of
from shared.appointments.searching import batches, between, every, every_with
from shared.appointments.taken_time import LONGEST_VISIT, taken_times
from shared.appointments.wanted_times import Window
from shared.fhir.ports import ClinicalRecord, Resource

FEWEST_AT_ONCE = 20
"""Slots read at once, however few are wanted."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A slot that says it is free, and when it is; `key` is its place in the order: start, then id."""

    slot: Resource
    time: Time

    @property
    def key(self) -> tuple[int, str]:
        return self.time.start, str(self.slot["id"])


@dataclass(frozen=True, slots=True)
class Free:
    """A slot that is free indeed, with its schedule and whose time it takes."""

    slot: Resource
    time: Time
    schedule: Resource
    named: tuple[str, ...]


def candidates(
    record: ClinicalRecord,
    window: Window,
    schedules: Iterable[str] | None,
    specialty: str | None,
    *,
    limit: int,
) -> Iterator[Candidate]:
    """Give free slots that begin within the window, by start and then id; of all schedules with None.

    They are read as they are asked for, some more than `limit` at a time: a few are taken or begin at once.
    """
    asked = [("status", "free"), *between("start", window.starts, window.ends), ("_sort", "start")]
    if specialty is not None:
        asked.append(("specialty", specialty))
    at_once = max(2 * limit, FEWEST_AT_ONCE)
    whose = [()] if schedules is None else [(("schedule", names),) for names in batches(schedules)]
    sorted_each = (_timed(every(record, "Slot", *some, *asked, at_once=at_once)) for some in whose)
    found = merge(*sorted_each, key=lambda one: one.time.start)
    for _, same_start in groupby(found, key=lambda one: one.time.start):
        yield from sorted(same_start, key=lambda one: one.key)


def _timed(slots: Iterable[Resource]) -> Iterator[Candidate]:
    for slot in slots:
        time = time_of(slot)
        if time is not None and "end" in slot and time.ends_at - time.starts_at <= LONGEST_VISIT:
            yield Candidate(slot, time)


def schedules_of(record: ClinicalRecord, practitioner_id: str) -> list[str]:
    """Give all schedules of a practitioner, under whichever of their roles."""
    (actor,) = actors_named(record, [f"Practitioner/{practitioner_id}"]).values()
    found = every_with(record, "Schedule", "actor", actor.names)
    return [f"Schedule/{schedule['id']}" for schedule in found]


def free_of(record: ClinicalRecord, some: Sequence[Candidate]) -> list[Free]:
    """Keep those that can be booked as far as practitioners and rooms go; one look for all of them."""
    schedules = _schedules(record, some)
    named = {name: references(schedule.get("actor")) for name, schedule in schedules.items()}
    actors = actors_named(record, {who for names in named.values() for who in names})
    if not some or not actors:
        return []
    window = Time(min(one.time.start for one in some), max(one.time.end for one in some))
    taken = list(taken_times(record, tuple(actors.values()), window))
    return [
        Free(one.slot, one.time, schedules[schedule], named[schedule])
        for one in some
        if (schedule := referred(one.slot.get("schedule")) or "") in schedules
        and (whose := _whose(named[schedule], actors))
        and not any(each.actor.name in whose and each.time.overlaps(one.time) for each in taken)
    ]


def _whose(named: Iterable[str], actors: Mapping[str, Actor]) -> set[str]:
    return {actors[name].name for name in named if name in actors}


def _schedules(record: ClinicalRecord, some: Iterable[Candidate]) -> Mapping[str, Resource]:
    names = {referred(one.slot.get("schedule")) or "" for one in some}
    ids = [("Schedule", name.partition("/")[2]) for name in sorted(names) if name.startswith("Schedule/")]
    found = record.read_many(ids).resources.values()
    return {f"Schedule/{one['id']}": one for one in found if one.get("active") is not False}
