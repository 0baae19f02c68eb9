"""Read one slot with all that a booking of it rests on, or say why it cannot be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.appointments.actors import Actor, actors_named
from shared.appointments.in_fhir import BUSY, Time, is_id, references, referred, time_of, version_of
from shared.appointments.reading import holds_slot
from shared.appointments.refusals import (
    NoSuchSlot,
    PatientHasAnotherAppointment,
    PatientHasThisTimeAlready,
    PractitionerIsTaken,
    RoomIsTaken,
    SlotAlreadyTaken,
    SlotInThePast,
    SlotNotBookable,
)
from shared.appointments.taken_time import LONGEST_VISIT, taken_times
from shared.fhir.instants import microseconds
from shared.fhir.ports import ClinicalRecord, Resource, Write
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound

_BY_KIND = {
    "patient": PatientHasAnotherAppointment,
    "practitioner": PractitionerIsTaken,
    "room": RoomIsTaken,
}


@dataclass(frozen=True, slots=True)
class BookableSlot:
    """A free slot as read: its version is the one that was seen to be free."""

    slot: Resource
    schedule: Resource
    time: Time
    named: tuple[str, ...]
    """Who and what takes part, as the schedule names them."""
    actors: Sequence[Actor]
    """Whose time it takes, without the patient's."""

    def taken(self) -> Write:
        """Make it busy, provided it still is what was seen."""
        return slot_as(self.slot, "busy")


def bookable_slot(record: ClinicalRecord, slot_id: str, now: datetime, *, by: PatientId) -> BookableSlot:
    """Read it.

    Raises `NoSuchSlot`, `SlotInThePast`, `SlotNotBookable` or `SlotAlreadyTaken`; one that this patient has
    already, by an earlier tap perhaps, is nobody else's: `PatientHasThisTimeAlready`.
    """
    slot = _slot(record, slot_id)
    time = time_of(slot)
    if time is None or "end" not in slot or time.ends_at - time.starts_at > LONGEST_VISIT:
        raise SlotNotBookable
    if time.start <= microseconds(now):
        raise SlotInThePast
    if slot.get("status") in BUSY - {"busy-unavailable"}:
        raise PatientHasThisTimeAlready if holds_slot(record, by, slot_id) else SlotAlreadyTaken
    schedule = _schedule(record, slot)
    if slot.get("status") != "free" or schedule.get("active") is False:
        raise SlotNotBookable
    return _with_actors(record, slot, schedule, time)


def refuse_overlap(
    record: ClinicalRecord, actors: Sequence[Actor], time: Time, *, but_for: frozenset[str]
) -> None:
    """Raise what is in the way of these actors meeting then; `but_for` are the resources that may be."""
    in_the_way = [taken for taken in taken_times(record, actors, time) if taken.by not in but_for]
    for kind, refusal in _BY_KIND.items():
        if any(taken.actor.kind == kind for taken in in_the_way):
            raise refusal


def slot_as(slot: Resource, status: str) -> Write:
    """Write a slot's status, provided it still is what was read."""
    return Write("PUT", "Slot", slot["id"], {**slot, "status": status}, if_match=version_of(slot))


def _slot(record: ClinicalRecord, slot_id: str) -> Resource:
    if not is_id(slot_id):
        raise NoSuchSlot
    try:
        return record.read("Slot", slot_id)
    except NotFound:
        raise NoSuchSlot from None


def _schedule(record: ClinicalRecord, slot: Resource) -> Resource:
    type_, _, id_ = (referred(slot.get("schedule")) or "").partition("/")
    try:
        return record.read("Schedule", id_) if type_ == "Schedule" else {}
    except NotFound:
        return {}


def _with_actors(record: ClinicalRecord, slot: Resource, schedule: Resource, time: Time) -> BookableSlot:
    """Find out whose time it takes; a slot of nobody's is no appointment with anybody."""
    named = references(schedule.get("actor"))
    actors = tuple({actor.name: actor for actor in actors_named(record, named).values()}.values())
    if not actors:
        raise SlotNotBookable
    return BookableSlot(slot, schedule, time, named, actors)
