"""Keep the wish to change an appointment before the record is asked, and bring it to its end."""

from dataclasses import dataclass
from datetime import datetime

from shared.appointments.documents import intent_at
from shared.appointments.fulfil import Fulfil
from shared.appointments.in_fhir import carried_out, slots_of, version_of
from shared.appointments.intents import SETTLED_WITHIN, Intent, Wish
from shared.appointments.model import BookingSource
from shared.appointments.reading import own_appointment
from shared.appointments.wishes import begun, require_same
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive


@dataclass(frozen=True, slots=True)
class ChangeWished:
    """A change to one appointment of a patient: another slot (`move`), or none (`cancel`)."""

    booking_id: str
    patient_id: PatientId
    appointment_id: str
    wants: Wish
    slot_id: str | None
    source: BookingSource
    reason: Sensitive[str | None]
    conversation_id: str | None
    asked_by: str | None


@dataclass(frozen=True, slots=True)
class WishChange:
    """Moves or cancels an appointment; what had been done to it and not told of is told of first.

    The wish rests on the version that is there now: killed, and found again after somebody has changed the
    appointment, it is out of date, and nothing is done.
    """

    documents: Documents
    record: ClinicalRecord
    fulfil: Fulfil

    def __call__(self, wished: ChangeWished, *, now: datetime) -> Resource:
        """Give the Appointment as it then is, or raise why it is not so."""
        found = intent_at(self.documents, wished.patient_id, wished.booking_id)
        if found is not None:
            require_same(found.body, (wished.wants, wished.appointment_id, wished.slot_id))
            return self.fulfil(found, was_tried_before=True, now=now)
        standing = own_appointment(self.record, wished.patient_id, wished.appointment_id)
        self._settle_latest(wished.patient_id, standing, now)
        if _is_so_already(standing, wished):
            return standing
        intent = Intent(
            booking_id=wished.booking_id,
            patient_id=wished.patient_id,
            wants=wished.wants,
            appointment_id=wished.appointment_id,
            slot_id=wished.slot_id,
            source=wished.source,
            reason=wished.reason,
            conversation_id=wished.conversation_id,
            asked_by=wished.asked_by,
            asked_at=now,
            state="pending",
            settle_by=now + SETTLED_WITHIN,
            seen=version_of(standing),
        )
        return self.fulfil(begun(self.documents, intent), was_tried_before=False, now=now)

    def _settle_latest(self, patient_id: PatientId, standing: Resource, now: datetime) -> None:
        """Tell of our latest change to it, if its teller was killed: news must come in its order."""
        for booking_id in carried_out(standing)[-1:]:
            found = intent_at(self.documents, patient_id, booking_id)
            if found is not None and found.body.state != "done":
                self.fulfil.done(found, standing, now=now)


def _is_so_already(standing: Resource, wished: ChangeWished) -> bool:
    if wished.wants == "cancel":
        return standing.get("status") == "cancelled"
    return standing.get("status") == "booked" and wished.slot_id in slots_of(standing)
