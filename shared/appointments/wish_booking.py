"""Keep the wish to book before the record is asked, and bring it to its end."""

from dataclasses import dataclass
from datetime import datetime

from shared.appointments.documents import intent_at
from shared.appointments.fulfil import Fulfil
from shared.appointments.intents import SETTLED_WITHIN, Intent, appointment_of_booking
from shared.appointments.model import BookForPatient
from shared.appointments.wishes import begun, require_same
from shared.fhir.ports import Resource
from shared.kernel.documents import Documents
from shared.operations.features import FeatureIsOff


@dataclass(frozen=True, slots=True)
class WishBooking:
    """Books a slot for a patient; the same `booking_id` is the same booking, and has the same answer."""

    documents: Documents
    fulfil: Fulfil

    def __call__(
        self, wished: BookForPatient, *, asked_by: str | None, now: datetime, is_open: bool = True
    ) -> Resource:
        """Give the Appointment, or raise why there is none; where it is not open, a new wish is refused."""
        found = intent_at(self.documents, wished.patient_id, wished.booking_id)
        if found is not None:
            require_same(found.body, ("book", found.body.appointment_id, wished.slot_id))
            return self.fulfil(found, was_tried_before=True, now=now)
        intent = Intent(
            booking_id=wished.booking_id,
            patient_id=wished.patient_id,
            wants="book",
            appointment_id=appointment_of_booking(wished.patient_id, wished.booking_id),
            slot_id=wished.slot_id,
            source=wished.source,
            reason=wished.reason,
            conversation_id=wished.conversation_id,
            asked_by=asked_by,
            asked_at=now,
            state="pending",
            settle_by=now + SETTLED_WITHIN,
        )
        begins = begun(self.documents, intent)
        if not is_open:
            raise self.fulfil.refused(begins, FeatureIsOff(), now=now)
        return self.fulfil(begins, was_tried_before=False, now=now)
