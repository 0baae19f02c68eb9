"""Tell rooms above how an appointment stands."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.appointments.in_fhir import Time, participants, time_of
from shared.appointments.model import AppointmentNow, AppointmentWords
from shared.appointments.reading import own_appointment
from shared.appointments.show_appointments import is_by_video, named_in
from shared.appointments.who_and_where import looked_up, on_the_wall, who_and_where
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class ReadAppointmentNow:
    """Gives what an appointment is now, for those about to speak of it. Raises `NoSuchAppointment`.

    `zone` is the organisation's, for times that the record has without an offset of their own.
    """

    record: ClinicalRecord
    zone: str

    def __call__(self, patient_id: PatientId, appointment_id: str) -> AppointmentNow:
        found = own_appointment(self.record, patient_id, appointment_id)
        time, status = time_of(found), str(found.get("status"))
        if time is None:
            return AppointmentNow(status, None)
        return AppointmentNow(status, time.starts_at, self._words(found, time))

    def _words(self, appointment: Resource, time: Time) -> AppointmentWords:
        known = looked_up(self.record, set(named_in(appointment)))
        who = who_and_where(participants(appointment), known)
        begins, _ = on_the_wall(appointment, time, ZoneInfo(self.zone))
        return AppointmentWords(
            at=begins.isoformat(),
            place=_in_one_line(who.location_name),
            with_whom=_in_one_line(who.practitioner_name),
            by_video=is_by_video(appointment, known),
        )


def _in_one_line(name: str | None) -> str:
    """Make a name fit into a text message, whatever has been typed for one."""
    printable = "".join(char if char.isprintable() else " " for char in name or "")
    return " ".join(printable.split())[:LONGEST_NAME]


LONGEST_NAME = 80
