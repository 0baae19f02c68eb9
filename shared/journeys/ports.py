"""What this room asks of others."""

from typing import Protocol

from shared.appointments.model import AppointmentNow
from shared.appointments.refusals import NoSuchAppointment
from shared.kernel.identity import PatientId


class ReadsAppointments(Protocol):
    """Asks the record how an appointment stands now."""

    def __call__(self, patient_id: PatientId, appointment_id: str, /) -> AppointmentNow:
        """Give it, or raise `NoSuchAppointment` or `TransientFault`."""
        ...


def as_it_is(read: ReadsAppointments, patient_id: PatientId, appointment_id: str) -> AppointmentNow | None:
    """Ask, and give None where there is none any more."""
    try:
        return read(patient_id, appointment_id)
    except NoSuchAppointment:
        return None
