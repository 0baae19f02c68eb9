"""Move an appointment of the patient who asks."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.appointments.asked import OwnMoveAsked, slot_named
from shared.appointments.show_appointments import AppointmentShown, ShowAppointments
from shared.appointments.wish_change import ChangeWished, WishChange
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures


@dataclass(frozen=True, slots=True)
class RescheduleOwnAppointment:
    """Moves an appointment of the patient who asks."""

    wish: WishChange
    show: ShowAppointments
    features: LiveFeatures

    def __call__(
        self,
        asked: OwnMoveAsked,
        *,
        patient_id: PatientId,
        appointment_id: str,
        booking_id: str,
        caller: Caller,
        now: datetime,
    ) -> AppointmentShown:
        """Give the appointment at its new time, or raise why it stays (`refusals.py`, or `FeatureIsOff`)."""
        self.features.require(Feature.BOOKING)
        wished = ChangeWished(
            booking_id=booking_id,
            patient_id=patient_id,
            appointment_id=appointment_id,
            wants="move",
            slot_id=slot_named(asked.slot_id),
            source="portal",
            reason=Sensitive(None),
            conversation_id=None,
            asked_by=caller.who,
        )
        return self.show.one(self.wish(wished, now=now), caller=caller)
