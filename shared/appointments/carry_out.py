"""Make the record say what was wished: one transaction under guards, tried until its end is known (D11)."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.appointments.actors import Actor, actors_named, patient_as_actor
from shared.appointments.bookable import BookableSlot, bookable_slot, refuse_overlap, slot_as
from shared.appointments.guards import guards_for, written
from shared.appointments.in_fhir import (
    ACTIVE,
    BOOKED,
    Time,
    carried_out,
    participants,
    slots_of,
    time_of,
    version_of,
)
from shared.appointments.intents import Intent
from shared.appointments.reading import appointment_at, open_to_come, own_appointment
from shared.appointments.refusals import (
    AppointmentChangedMeanwhile,
    AppointmentIsOver,
    AppointmentNotBooked,
    NoSuchPatient,
    PatientCannotBook,
    TooManyAppointments,
)
from shared.appointments.searching import every
from shared.appointments.spelling import booked, cancelled, moved
from shared.exchange.live_write_back import LiveWriteBack
from shared.fhir.instants import microseconds
from shared.fhir.ports import ClinicalRecord, Resource, VersionMismatch, Write
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, NotFound, Refusal, TransientFault
from shared.patients.read_profile import ReadProfile

log = logging.getLogger(__name__)

MOST_OPEN = 5
"""Appointments to come that a patient may have and still book another without a person's help."""
MOST_ROUNDS = 12
"""Each lost round means that somebody else has won one; then whoever asked may come again."""


@dataclass(frozen=True, slots=True)
class CarryOut:
    """Carries a wish out in the record, at most once, however often and by however many it is tried.

    The Appointment is read first: if the wish is named among its identifiers, an earlier try has won and it
    is the answer, also where that try's own answer was lost. Ten or so reads and one transaction.
    """

    record: ClinicalRecord
    profiles: ReadProfile
    write_back: LiveWriteBack
    most_open: int = MOST_OPEN

    def __call__(self, intent: Intent, *, now: datetime) -> Resource:
        """Give the Appointment as it then is.

        Raises the refusal that the record's state is, and `TransientFault` where too many are quicker.
        """
        for _ in range(MOST_ROUNDS):
            done = self.already(intent)
            if done is not None:
                return done
            try:
                return self._tried(intent, now)
            except (VersionMismatch, LostRace):
                continue
            except Refusal:
                done = self.already(intent)  # what is in the way may be what we wished, done by another of us
                if done is None:
                    raise
                return done
        log.warning("appointments.wish.outrun", extra={"booking": intent.booking_id})
        raise TransientFault

    def already(self, intent: Intent) -> Resource | None:
        """Give the Appointment if the wish has been carried out; one of a booking exists for nothing else."""
        found = appointment_at(self.record, intent.appointment_id)
        if found is None or intent.wants == "book":
            return found
        return found if intent.booking_id in carried_out(found) else None

    def _tried(self, intent: Intent, now: datetime) -> Resource:
        self.write_back.require("Appointment")  # its Slots and guards go with it (FH-7)
        match intent.wants:
            case "book":
                return self._booked(intent, now)
            case "move":
                return self._moved(intent, now)
            case "cancel":
                return self._cancelled(intent, now)

    def _booked(self, intent: Intent, now: datetime) -> Resource:
        self._require_bookable(intent.patient_id)
        wanted = bookable_slot(self.record, intent.slot_id or "", now, by=intent.patient_id)
        patient = patient_as_actor(intent.patient_id)
        everybody, capped = (patient, *wanted.actors), [patient] if _is_by_itself(intent) else []
        guards = guards_for(self.record, everybody, [wanted.time], always=capped)
        refuse_overlap(self.record, everybody, wanted.time, but_for=_itself(wanted))
        if capped and open_to_come(self.record, intent.patient_id, now) >= self.most_open:
            raise TooManyAppointments
        spelt = booked(intent, wanted.slot, wanted.schedule, wanted.time, wanted.named, now)
        return self._write(intent, spelt, [*written(guards, intent.booking_id), wanted.taken()])

    def _moved(self, intent: Intent, now: datetime) -> Resource:
        self._require_bookable(intent.patient_id)
        standing, time = self._standing(intent, now)
        wanted = bookable_slot(self.record, intent.slot_id or "", now, by=intent.patient_id)
        everybody = self._everybody(intent.patient_id, standing, wanted.actors)
        guards = guards_for(self.record, everybody, [time, wanted.time])
        but_for = _itself(wanted) | {f"Appointment/{standing['id']}", *_slot_names(standing)}
        meeting = (patient_as_actor(intent.patient_id), *wanted.actors)
        refuse_overlap(self.record, meeting, wanted.time, but_for=but_for)
        spelt = moved(intent, standing, wanted.slot, wanted.schedule, wanted.time, wanted.named)
        writes = [*written(guards, intent.booking_id), *self._released(standing), wanted.taken()]
        return self._write(intent, spelt, writes, if_match=version_of(standing))

    def _cancelled(self, intent: Intent, now: datetime) -> Resource:
        standing, time = self._standing(intent, now)
        guards = guards_for(self.record, self._everybody(intent.patient_id, standing, ()), [time])
        writes = [*written(guards, intent.booking_id), *self._released(standing)]
        return self._write(intent, cancelled(intent, standing), writes, if_match=version_of(standing))

    def _require_bookable(self, patient_id: PatientId) -> None:
        try:
            profile = self.profiles(patient_id)
        except NotFound:
            raise NoSuchPatient from None
        if not profile.is_reachable:
            raise PatientCannotBook

    def _standing(self, intent: Intent, now: datetime) -> tuple[Resource, Time]:
        """Read the appointment that is to be changed, as it was when the change was wished."""
        found = own_appointment(self.record, intent.patient_id, intent.appointment_id)
        if intent.seen is not None and version_of(found) != intent.seen:
            raise AppointmentChangedMeanwhile
        time = time_of(found)
        if found.get("status") not in BOOKED or time is None:
            raise AppointmentNotBooked
        if time.start <= microseconds(now):
            raise AppointmentIsOver
        return found, time

    def _everybody(
        self, patient_id: PatientId, appointment: Resource, others: Iterable[Actor]
    ) -> Sequence[Actor]:
        named = actors_named(self.record, participants(appointment)).values()
        everybody = (patient_as_actor(patient_id), *named, *others)
        return tuple({actor.name: actor for actor in everybody}.values())

    def _released(self, appointment: Resource) -> list[Write]:
        """Free its slots, but not one that another appointment fills too."""
        slots = self.record.read_many([("Slot", slot_id) for slot_id in slots_of(appointment)]).resources
        return [
            slot_as(slot, "free")
            for slot in slots.values()
            if slot.get("status") in ("busy", "busy-tentative") and not self._is_shared(slot, appointment)
        ]

    def _is_shared(self, slot: Resource, appointment: Resource) -> bool:
        status = ("status", ",".join(sorted(ACTIVE)))
        filling = every(self.record, "Appointment", ("slot", f"Slot/{slot['id']}"), status)
        return any(other["id"] != appointment["id"] for other in filling)

    def _write(
        self, intent: Intent, appointment: Resource, writes: list[Write], *, if_match: int | None = None
    ) -> Resource:
        """Commit all of it. What is gone that was there a moment ago means, as a race does, *begin again*."""
        write = Write("PUT", "Appointment", intent.appointment_id, appointment, if_match=if_match)
        try:
            *_, stored = self.record.transaction([*writes, write])
        except NotFound:
            raise VersionMismatch from None
        if stored is None:
            return appointment
        return stored


def _is_by_itself(intent: Intent) -> bool:
    """Say whether no member of staff has had a look at it."""
    return intent.source != "representative"


def _itself(wanted: BookableSlot) -> frozenset[str]:
    return frozenset((f"Slot/{wanted.slot['id']}",))


def _slot_names(appointment: Resource) -> set[str]:
    return {f"Slot/{slot_id}" for slot_id in slots_of(appointment)}
