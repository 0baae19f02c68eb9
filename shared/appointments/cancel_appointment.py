"""Cancel an appointment and free its slot (AP-4)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.appointments.asked import (
    CancellationAsked,
    conversation_named,
    understood,
)
from shared.appointments.show_appointments import AppointmentShown, ShowAppointments
from shared.appointments.wish_change import ChangeWished, WishChange
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class CancelAppointment:
    """Cancels a patient's appointment at a member of staff's word; cancelled already, it stays so."""

    wish: WishChange
    show: ShowAppointments

    def __call__(
        self,
        asked: CancellationAsked,
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
            source="representative",
            reason=understood(asked.reason),
            conversation_id=conversation_named(asked.conversation_id),
            asked_by=caller.who,
        )
        return self.show.one(self.wish(wished, now=now), caller=caller)
