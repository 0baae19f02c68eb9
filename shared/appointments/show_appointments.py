"""An appointment as people are shown it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.access.model import Caller, may_read_clinical
from shared.appointments.in_fhir import is_virtual, name_of, participants, slots_of, time_of, words_for
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.sensitive import Sensitive
from shared.patients.in_fhir import mappings_of

_PEOPLE = ("Practitioner", "PractitionerRole")


@dataclass(frozen=True, slots=True)
class AppointmentShown:
    """One appointment; times have the organisation's offset of that day.

    `reason` is the patient's own word: shown to them and to those who treat, to nobody else.
    """

    id: str
    status: str
    starts_at: datetime | None
    ends_at: datetime | None
    practitioner_id: str | None
    practitioner_name: str | None
    location_name: str | None
    service: str | None
    specialty: str | None
    is_virtual: bool
    slot_id: str | None
    reason: Sensitive[str | None]


@dataclass(frozen=True, slots=True)
class ShowAppointments:
    """Shows appointments with the names of those who take part; one read for all of them."""

    record: ClinicalRecord
    zone: str

    def __call__(self, appointments: Sequence[Resource], *, caller: Caller) -> tuple[AppointmentShown, ...]:
        names = {name for one in appointments for name in _named(one)}
        split = [name.split("/", 1) for name in sorted(names)]
        found = self.record.read_many([(type_, id_) for type_, id_ in split]).resources
        known = {f"{type_}/{id_}": resource for (type_, id_), resource in found.items()}
        with_reason = may_read_clinical(caller)
        return tuple(self._shown(one, known, with_reason=with_reason) for one in appointments)

    def one(self, appointment: Resource, *, caller: Caller) -> AppointmentShown:
        """Show a single one."""
        return self([appointment], caller=caller)[0]

    def _shown(
        self, appointment: Resource, known: Mapping[str, Resource], *, with_reason: bool
    ) -> AppointmentShown:
        time, zone = time_of(appointment), ZoneInfo(self.zone)
        taking_part = participants(appointment)
        person = next((name for name in taking_part if name.startswith(_PEOPLE)), "")
        place = next((name for name in taking_part if name.startswith("Location/")), "")
        slots = slots_of(appointment)
        slot = known.get(f"Slot/{slots[0]}", {}) if slots else {}
        location = known.get(place, {}).get("name")
        return AppointmentShown(
            id=str(appointment["id"]),
            status=str(appointment.get("status")),
            starts_at=time.starts_at.astimezone(zone) if time else None,
            ends_at=time.ends_at.astimezone(zone) if time else None,
            practitioner_id=person.partition("/")[2] or None,
            practitioner_name=name_of(known.get(person, {})),
            location_name=location if isinstance(location, str) else None,
            service=words_for("serviceType", appointment),
            specialty=words_for("specialty", appointment),
            is_virtual=is_virtual(slot, appointment),
            slot_id=slots[0] if slots else None,
            reason=Sensitive(_reason(appointment) if with_reason else None),
        )


def _named(appointment: Resource) -> Iterator[str]:
    yield from (name for name in participants(appointment) if not name.startswith("Patient/"))
    yield from (f"Slot/{slot_id}" for slot_id in slots_of(appointment)[:1])


def _reason(appointment: Resource) -> str | None:
    texts = (one.get("text") for one in mappings_of(appointment.get("reasonCode")))
    return next((text for text in texts if isinstance(text, str)), None)
