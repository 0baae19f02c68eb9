"""Carry a wish out, and keep how it went together with the news of it (D11)."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.appointments.carry_out import CarryOut
from shared.appointments.documents import kept, kept_at, settled
from shared.appointments.in_fhir import ACTIVE, slots_of, time_of
from shared.appointments.intents import Intent, as_done, as_refused
from shared.appointments.model import AppointmentChanged, AppointmentHappened, BookingSettled, Kept
from shared.appointments.refusals import SETTLING, NoSuchAppointment, refusal_named
from shared.audit.model import RecordAudit
from shared.fhir.ports import Resource
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Document, Documents, Replace, announcing
from shared.kernel.refusals import AlreadyExists, LostRace, Refusal

log = logging.getLogger(__name__)

_HAPPENED: dict[str, AppointmentHappened] = {"book": "booked", "move": "moved", "cancel": "cancelled"}
_AUDITED_AS = {"book": "book_appointment", "move": "reschedule_appointment", "cancel": "cancel_appointment"}


@dataclass(frozen=True, slots=True)
class Fulfil:
    """Brings one intent to its end; one that has come to it gives the same answer again.

    Killed between the record and the store, it leaves the intent pending: whoever comes next, mostly the
    sweep, finds the Appointment and settles it.
    """

    documents: Documents
    carry_out: CarryOut

    def __call__(self, found: Document[Intent], *, was_tried_before: bool, now: datetime) -> Resource:
        """Give the Appointment, or raise the refusal. `LostRace`: another of us has just settled it."""
        intent = found.body
        if intent.refusal is not None:
            raise refusal_named(intent.refusal)
        if intent.state == "done":
            return self._as_it_is(intent)
        try:
            appointment = self.carry_out(intent, now=now)
        except SETTLING as refusal:
            named = type(refusal).__name__
            self._refused(found, as_refused(intent, named, now, was_tried_before=was_tried_before), now)
            raise
        self.done(found, appointment, now=now)
        return appointment

    def done(self, found: Document[Intent], appointment: Resource, *, now: datetime) -> None:
        """Settle what has been carried out: the intent, what we remember, and whoever must hear of it."""
        intent = found.body
        before = kept_at(self.documents, intent.patient_id, intent.appointment_id)
        remembered = _remembered(before.body if before else None, intent, appointment)
        write = kept(before, remembered)
        told = [*_told(intent, remembered, write, now)]
        changes = [settled(found, as_done(intent, now), now), write]
        try:
            self.documents.commit(found.partition, changes=changes, announcements=told)
        except AlreadyExists:
            raise LostRace from None
        log.info(
            "appointments.wish.done",
            extra={"appointment": intent.appointment_id, "wish": intent.wants, "change": remembered.change},
        )

    def refused(self, found: Document[Intent], refusal: Refusal, *, now: datetime) -> Refusal:
        """Settle what is not even tried, told to whoever waits for it; give the refusal to raise."""
        named = type(refusal).__name__
        self._refused(found, as_refused(found.body, named, now, was_tried_before=False), now)
        return refusal

    def _as_it_is(self, intent: Intent) -> Resource:
        appointment = self.carry_out.already(intent)
        if appointment is None:
            raise NoSuchAppointment
        return appointment

    def _refused(self, found: Document[Intent], intent: Intent, now: datetime) -> None:
        write = settled(found, intent, now)
        told = [_settled(intent, None, write)] if _is_bots(intent) else []
        self.documents.commit(found.partition, changes=[write], announcements=told)
        log.info("appointments.wish.refused", extra={"wish": intent.wants, "reason": intent.refusal})


def _remembered(before: Kept | None, intent: Intent, appointment: Resource) -> Kept:
    time = time_of(appointment)
    return Kept(
        appointment_id=intent.appointment_id,
        change=before.change + 1 if before else 1,
        status=str(appointment.get("status")),
        starts_at=time.starts_at if time else intent.asked_at,
        slot_id=next(iter(slots_of(appointment)), None),
        source=before.source if before else intent.source,
        conversation_id=intent.conversation_id or (before.conversation_id if before else None),
        booking_id=intent.booking_id,
    )


def _told(intent: Intent, now_is: Kept, write: Create | Replace, now: datetime) -> Iterator[Announcement]:
    happened = _HAPPENED[intent.wants] if now_is.status in ACTIVE else "cancelled"
    named = f"appointment~{intent.patient_id}~{intent.appointment_id}~{now_is.change}"
    changed = AppointmentChanged(
        intent.patient_id, intent.appointment_id, now_is.change, happened, now_is.starts_at, now
    )
    yield announcing(changed, of=write, named=named)
    if _is_bots(intent):
        yield _settled(intent, now_is, write)
    if intent.asked_by is not None:
        yield announcing(_audited(intent, named), of=write, named=named)


def _is_bots(intent: Intent) -> bool:
    """Say whether a conversation waits to hear of it; one that a person names is only a note of theirs."""
    return intent.source == "bot" and intent.wants == "book" and intent.conversation_id is not None


def _settled(intent: Intent, now_is: Kept | None, write: Create | Replace) -> Announcement:
    content = BookingSettled(
        conversation_id=intent.conversation_id or "",
        booking_id=intent.booking_id,
        appointment_id=now_is.appointment_id if now_is else None,
        starts_at=now_is.starts_at if now_is else None,
        refusal=None if now_is else intent.refusal,
    )
    outcome = "booked" if now_is else "refused"
    named = f"booking~{intent.patient_id}~{intent.booking_id}~{outcome}"
    return announcing(content, of=write, named=named)


def _audited(intent: Intent, named: str) -> RecordAudit:
    return RecordAudit(
        entry_id=named,
        at=intent.asked_at,
        who=intent.asked_by or "",
        what=_AUDITED_AS[intent.wants],
        subject=f"appointment~{intent.appointment_id}",
        patient_id=intent.patient_id,
    )
