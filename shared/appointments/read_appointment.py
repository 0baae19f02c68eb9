"""Show one appointment of a patient."""

from dataclasses import dataclass

from shared.access.model import Caller
from shared.appointments.reading import own_appointment
from shared.appointments.show_appointments import AppointmentShown, ShowAppointments
from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class ReadAppointment:
    """Gives one appointment. Raises `NoSuchAppointment`, for anybody else's as well."""

    record: ClinicalRecord
    show: ShowAppointments

    def __call__(self, *, patient_id: PatientId, appointment_id: str, caller: Caller) -> AppointmentShown:
        return self.show.one(own_appointment(self.record, patient_id, appointment_id), caller=caller)
