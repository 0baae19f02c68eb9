"""Appointments as the record has them; somebody else's is not there for whoever asks."""

from datetime import datetime

from shared.appointments.in_fhir import ACTIVE, is_id, is_of, time_of
from shared.appointments.refusals import NoSuchAppointment
from shared.appointments.searching import every, since
from shared.fhir.instants import microseconds
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Gone, NotFound


def appointment_at(record: ClinicalRecord, appointment_id: str) -> Resource | None:
    """Read an Appointment, None if it never was. Raises `NoSuchAppointment` for one that was deleted."""
    try:
        return record.read("Appointment", appointment_id) if is_id(appointment_id) else None
    except Gone:
        raise NoSuchAppointment from None
    except NotFound:
        return None


def own_appointment(record: ClinicalRecord, patient_id: PatientId, appointment_id: str) -> Resource:
    """Read an Appointment of this patient. Raises `NoSuchAppointment`, for anybody else's as well."""
    found = appointment_at(record, appointment_id)
    if found is None or not is_of(found, patient_id) or found.get("status") == "entered-in-error":
        raise NoSuchAppointment
    return found


def own_appointments(record: ClinicalRecord, patient_id: PatientId) -> list[Resource]:
    """Give all appointments of a patient, in no order."""
    if not is_id(patient_id):  # it goes into a search, where a comma would ask for another patient's too
        return []
    found = every(record, "Appointment", ("actor", f"Patient/{patient_id}"))
    return [one for one in found if is_of(one, patient_id) and one.get("status") != "entered-in-error"]


def holds_slot(record: ClinicalRecord, patient_id: PatientId, slot_id: str) -> bool:
    """Say whether a slot is taken by an appointment of this very patient."""
    filling = every(record, "Appointment", ("slot", f"Slot/{slot_id}"), _LIVE)
    return any(is_of(one, patient_id) for one in filling)


def open_to_come(record: ClinicalRecord, patient_id: PatientId, now: datetime) -> int:
    """Count the patient's appointments that are still to begin, whoever made them."""
    found = every(record, "Appointment", ("actor", f"Patient/{patient_id}"), _LIVE, since("date", now))
    times = [time_of(one) for one in found if is_of(one, patient_id)]
    return sum(time is not None and time.start > microseconds(now) for time in times)


_LIVE = ("status", ",".join(sorted(ACTIVE)))
