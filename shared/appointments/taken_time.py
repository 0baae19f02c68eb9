"""When somebody is taken: by an appointment, or by a busy slot in any of their schedules (D11)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from shared.appointments.actors import Actor
from shared.appointments.in_fhir import ACTIVE, BUSY, Time, participants, references, referred, time_of
from shared.appointments.searching import between, every_with
from shared.fhir.ports import ClinicalRecord

LONGEST_VISIT = timedelta(hours=24)
"""What begins earlier than this before a slot is taken to be over: FHIR searches by where a thing begins."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A stretch of an actor's time, and the resource (`Slot/7`) that takes it."""

    actor: Actor
    time: Time
    by: str


def taken_times(record: ClinicalRecord, actors: Sequence[Actor], window: Time) -> Iterator[Taken]:
    """Give what takes up these actors' time within the window, of all the record knows."""
    span = (window.starts_at - LONGEST_VISIT, window.ends_at)
    bookable = [actor for actor in actors if actor.kind != "patient"]
    appointments = _appointments(record, actors, *between("date", *span))
    slots = _busy_slots(record, bookable, *between("start", *span))
    return (taken for taken in chain(appointments, slots) if taken.time.overlaps(window))


def _appointments(
    record: ClinicalRecord, actors: Sequence[Actor], *within: tuple[str, str]
) -> Iterator[Taken]:
    status = ("status", ",".join(sorted(ACTIVE)))
    for found in every_with(record, "Appointment", "actor", _names(actors), status, *within):
        time = time_of(found)
        if time is not None:
            yield from _of(actors, participants(found), time, f"Appointment/{found['id']}")


def _busy_slots(record: ClinicalRecord, actors: Sequence[Actor], *within: tuple[str, str]) -> Iterator[Taken]:
    schedules = {
        f"Schedule/{found['id']}": references(found.get("actor"))
        for found in every_with(record, "Schedule", "actor", _names(actors))
    }
    status = ("status", ",".join(sorted(BUSY)))
    for slot in every_with(record, "Slot", "schedule", schedules, status, *within):
        time = time_of(slot)
        if time is not None:
            named = schedules.get(referred(slot.get("schedule")) or "", ())
            yield from _of(actors, named, time, f"Slot/{slot['id']}")


def _names(actors: Iterable[Actor]) -> set[str]:
    return {name for actor in actors for name in actor.names}


def _of(actors: Sequence[Actor], named: Sequence[str], time: Time, by: str) -> Iterator[Taken]:
    return (Taken(actor, time, by) for actor in actors if not actor.names.isdisjoint(named))
