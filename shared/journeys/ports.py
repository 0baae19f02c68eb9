"""What this room asks of others."""

from typing import Protocol

from shared.appointments.model import AppointmentNow
from shared.kernel.identity import PatientId


class ReadsAppointments(Protocol):
    """Asks the record how an appointment stands now."""

    def __call__(self, patient_id: PatientId, appointment_id: str, /) -> AppointmentNow:
        """Give it, or raise `NoSuchAppointment` or `TransientFault`."""
        ...
