"""An appointment as people are shown it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.access.model import Caller, may_read_clinical
from shared.appointments.in_fhir import is_virtual, participants, slots_of, time_of, words_for
from shared.appointments.who_and_where import looked_up, on_the_wall, who_and_where
from shared.fhir.ports import ClinicalRecord, Resource
from shared.fhir.references import reference_of
from shared.kernel.sensitive import Sensitive
from shared.patients.in_fhir import mapping_of, mappings_of


@dataclass(frozen=True, slots=True)
class AppointmentShown:
    """One appointment; times have the offset that it has in the record: the clinic's own.

    `reason` is the patient's own word: shown to them and to those who treat, to nobody else. Of a visit of
    several patients nobody can say whose word it is, and none is shown.
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
        known = looked_up(self.record, {name for one in appointments for name in named_in(one)})
        with_reason = may_read_clinical(caller)
        return tuple(self._shown(one, known, with_reason=with_reason) for one in appointments)

    def one(self, appointment: Resource, *, caller: Caller) -> AppointmentShown:
        """Show a single one."""
        return self([appointment], caller=caller)[0]

    def _shown(
        self, appointment: Resource, known: Mapping[str, Resource], *, with_reason: bool
    ) -> AppointmentShown:
        time = time_of(appointment)
        starts_at, ends_at = on_the_wall(appointment, time, ZoneInfo(self.zone)) if time else (None, None)
        who = who_and_where(participants(appointment), known)
        return AppointmentShown(
            id=str(appointment["id"]),
            status=str(appointment.get("status")),
            starts_at=starts_at,
            ends_at=ends_at,
            practitioner_id=who.practitioner_id,
            practitioner_name=who.practitioner_name,
            location_name=who.location_name,
            service=words_for("serviceType", appointment),
            specialty=words_for("specialty", appointment),
            is_virtual=is_by_video(appointment, known),
            slot_id=next(iter(slots_of(appointment)), None),
            reason=Sensitive(_reason(appointment) if with_reason else None),
        )


def named_in(appointment: Resource) -> Iterator[str]:
    """Give what must be looked up to show it: who takes part, without the patient, and its slot."""
    yield from (name for name in participants(appointment) if not name.startswith("Patient/"))
    yield from (f"Slot/{slot_id}" for slot_id in slots_of(appointment)[:1])


def is_by_video(appointment: Resource, known: Mapping[str, Resource]) -> bool:
    slots = (known.get(f"Slot/{slot_id}", {}) for slot_id in slots_of(appointment)[:1])
    return is_virtual(*slots, appointment)


def _reason(appointment: Resource) -> str | None:
    if len(set(_patients(appointment))) > 1:
        return None
    texts = (one.get("text") for one in mappings_of(appointment.get("reasonCode")))
    return next((text for text in texts if isinstance(text, str)), None)


def _patients(appointment: Resource) -> Iterator[tuple[str, str]]:
    """Name the patients who take part, also those of other servers, and those who are named by a number."""
    for one in mappings_of(appointment.get("participant")):
        actor = mapping_of(one.get("actor"))
        text, number = actor.get("reference"), mapping_of(actor.get("identifier"))
        named = reference_of(text) if isinstance(text, str) else None
        if named is not None and named.type == "Patient":
            yield named.base, named.id
        elif named is None and actor.get("type") == "Patient":
            yield str(number.get("system")), str(number.get("value"))
