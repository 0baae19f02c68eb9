"""Cancel an appointment of the patient who asks."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.appointments.asked import (
    OwnCancellationAsked,
    understood,
)
from shared.appointments.show_appointments import AppointmentShown, ShowAppointments
from shared.appointments.wish_change import ChangeWished, WishChange
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class CancelOwnAppointment:
    """Cancels an appointment of the patient who asks."""

    wish: WishChange
    show: ShowAppointments

    def __call__(
        self,
        asked: OwnCancellationAsked,
        *,
        patient_id: PatientId,
        appointment_id: str,
        booking_id: str,
        caller: Caller,
        now: datetime,
    ) -> AppointmentShown:
        """Give the appointment as cancelled, or raise why it stands (`refusals.py`)."""
        wished = ChangeWished(
            booking_id=booking_id,
            patient_id=patient_id,
            appointment_id=appointment_id,
            wants="cancel",
            slot_id=None,
            source="portal",
            reason=understood(asked.reason),
            conversation_id=None,
            asked_by=caller.who,
        )
        return self.show.one(self.wish(wished, now=now), caller=caller)
