"""Book a slot for a patient, at a member of staff's word."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.appointments.asked import (
    BookingAsked,
    conversation_named,
    slot_named,
    understood,
)
from shared.appointments.model import BookForPatient
from shared.appointments.show_appointments import AppointmentShown, ShowAppointments
from shared.appointments.wish_booking import WishBooking
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class BookAppointment:
    """Books for a patient at a member of staff's word (AP-3); audited with the booking."""

    wish: WishBooking
    show: ShowAppointments

    def __call__(  # what, whose, under which id, who, when
        self, asked: BookingAsked, *, patient_id: PatientId, booking_id: str, caller: Caller, now: datetime
    ) -> AppointmentShown:
        """Give the appointment, or raise why there is none (`refusals.py`)."""
        wished = BookForPatient(
            booking_id=booking_id,
            patient_id=patient_id,
            slot_id=slot_named(asked.slot_id),
            source="representative",
            reason=understood(asked.reason),
            conversation_id=conversation_named(asked.conversation_id),
        )
        return self.show.one(self.wish(wished, asked_by=caller.who, now=now), caller=caller)
