"""Tell rooms above how an appointment stands."""

from dataclasses import dataclass

from shared.appointments.in_fhir import time_of
from shared.appointments.model import AppointmentNow
from shared.appointments.reading import own_appointment
from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class ReadAppointmentNow:
    """Gives what an appointment is now, for those about to speak of it. Raises `NoSuchAppointment`."""

    record: ClinicalRecord

    def __call__(self, patient_id: PatientId, appointment_id: str) -> AppointmentNow:
        found = own_appointment(self.record, patient_id, appointment_id)
        time = time_of(found)
        return AppointmentNow(str(found.get("status")), time.starts_at if time else None)
