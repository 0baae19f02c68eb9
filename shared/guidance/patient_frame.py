"""Who the patient is, in the form for those who administer and do not treat (WS-2): pure.

Nothing clinical is in it: no reason for an appointment either, which is the patient's own word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.appointments.show_appointments import AppointmentShown
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.masking import MaskedPoint, masked
from shared.patients.model import Profile

MOST_APPOINTMENTS = 10
_OVER = frozenset({"cancelled", "noshow", "entered-in-error", "fulfilled"})


@dataclass(frozen=True, slots=True)
class UpcomingAppointment:
    """An appointment to come, or under way."""

    id: str
    status: str
    starts_at: datetime | None
    ends_at: datetime | None
    practitioner_name: str | None
    location_name: str | None
    service: str | None
    is_virtual: bool


@dataclass(frozen=True, slots=True)
class AdministrativeFrame:
    """The patient frame in its administrative form; appointments are the next ten, soonest first."""

    patient_id: PatientId
    prefix: Sensitive[str | None]
    given: Sensitive[str | None]
    family: Sensitive[str | None]
    language: str | None
    birth_date: Sensitive[date | None]
    is_active: bool
    is_deceased: bool
    contact_points: tuple[MaskedPoint, ...]
    upcoming: tuple[UpcomingAppointment, ...]


def frame_of(
    profile: Profile, appointments: Sequence[AppointmentShown], now: datetime
) -> AdministrativeFrame:
    """Show of a person and their appointments what those may see who administer."""
    current = [point for point in profile.contact_points if point.is_current(now)]
    upcoming = [one for one in appointments if _is_upcoming(one, now)]
    return AdministrativeFrame(
        patient_id=profile.patient_id,
        prefix=profile.prefix,
        given=profile.given,
        family=profile.family,
        language=profile.language,
        birth_date=profile.birth_date,
        is_active=profile.is_active,
        is_deceased=profile.is_deceased,
        contact_points=tuple(masked(point) for point in current),
        upcoming=tuple(_shown(one) for one in upcoming[:MOST_APPOINTMENTS]),
    )


def _is_upcoming(appointment: AppointmentShown, now: datetime) -> bool:
    ends = appointment.ends_at or appointment.starts_at
    return ends is not None and ends > now and appointment.status not in _OVER


def _shown(appointment: AppointmentShown) -> UpcomingAppointment:
    return UpcomingAppointment(
        id=appointment.id,
        status=appointment.status,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        practitioner_name=appointment.practitioner_name,
        location_name=appointment.location_name,
        service=appointment.service,
        is_virtual=appointment.is_virtual,
    )
