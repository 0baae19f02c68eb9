"""Book a slot for the patient who asks."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.appointments.asked import (
    OwnBookingAsked,
    slot_named,
    understood,
)
from shared.appointments.model import BookForPatient
from shared.appointments.show_appointments import AppointmentShown, ShowAppointments
from shared.appointments.wish_booking import WishBooking
from shared.kernel.identity import PatientId
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures


@dataclass(frozen=True, slots=True)
class BookOwnAppointment:
    """Books for the patient who asks (AP-3)."""

    wish: WishBooking
    show: ShowAppointments
    features: LiveFeatures

    def __call__(
        self, asked: OwnBookingAsked, *, patient_id: PatientId, booking_id: str, caller: Caller, now: datetime
    ) -> AppointmentShown:
        """Give the appointment, or raise why there is none (`refusals.py`, or `FeatureIsOff`)."""
        self.features.require(Feature.BOOKING)
        wished = BookForPatient(
            booking_id=booking_id,
            patient_id=patient_id,
            slot_id=slot_named(asked.slot_id),
            source="portal",
            reason=understood(asked.reason),
        )
        return self.show.one(self.wish(wished, asked_by=caller.who, now=now), caller=caller)
