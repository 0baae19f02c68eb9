"""Move an appointment to another slot (AP-4)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.appointments.asked import MoveAsked, conversation_named, slot_named
from shared.appointments.show_appointments import AppointmentShown, ShowAppointments
from shared.appointments.wish_change import ChangeWished, WishChange
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive


@dataclass(frozen=True, slots=True)
class RescheduleAppointment:
    """Moves a patient's appointment at a member of staff's word; the old slot is free again at once."""

    wish: WishChange
    show: ShowAppointments

    def __call__(
        self,
        asked: MoveAsked,
        *,
        patient_id: PatientId,
        appointment_id: str,
        booking_id: str,
        caller: Caller,
        now: datetime,
    ) -> AppointmentShown:
        """Give the appointment at its new time, or raise why it stays (`refusals.py`)."""
        wished = ChangeWished(
            booking_id=booking_id,
            patient_id=patient_id,
            appointment_id=appointment_id,
            wants="move",
            slot_id=slot_named(asked.slot_id),
            source="representative",
            reason=Sensitive(None),
            conversation_id=conversation_named(asked.conversation_id),
            asked_by=caller.who,
        )
        return self.show.one(self.wish(wished, now=now), caller=caller)
