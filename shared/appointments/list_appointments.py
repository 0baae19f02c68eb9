"""Show a patient's appointments, those to come first."""

import re
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.appointments.in_fhir import time_of
from shared.appointments.reading import own_appointments
from shared.appointments.show_appointments import AppointmentShown, ShowAppointments
from shared.fhir.instants import microseconds
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense

Place = tuple[int, int, str]
"""Where one stands in the list: to come or past, how far from now, id."""


@dataclass(frozen=True, slots=True)
class WhichAppointments:
    """How many at once; `after` is a former answer's `next`."""

    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class AppointmentsFound:
    """One page of a patient's appointments."""

    appointments: tuple[AppointmentShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListAppointments:
    """Gives the next appointment first, then later ones, then past ones, latest first.

    All of the patient's are read each time: few have more than some hundred.
    """

    record: ClinicalRecord
    show: ShowAppointments

    def __call__(
        self, which: WhichAppointments, *, patient_id: PatientId, caller: Caller, now: datetime
    ) -> AppointmentsFound:
        limit = max(1, min(which.limit, 100))
        after = _read(which.after)
        placed = sorted(
            ((_place(one, now), one) for one in own_appointments(self.record, patient_id)),
            key=lambda each: each[0],
        )
        rest = [(place, one) for place, one in placed if after is None or place > after]
        page = rest[:limit]
        more = _spelt(page[-1][0]) if len(rest) > limit else None
        return AppointmentsFound(self.show([one for _, one in page], caller=caller), more)


def _place(appointment: Resource, now: datetime) -> Place:
    time = time_of(appointment)
    if time is None:
        return 2, 0, str(appointment["id"])
    is_past = time.end <= microseconds(now)
    return int(is_past), -time.start if is_past else time.start, str(appointment["id"])


def _spelt(place: Place) -> str:
    return "~".join(map(str, place))


def _read(text: str | None) -> Place | None:
    if text is None:
        return None
    parts = re.fullmatch(r"([012])~(-?\d{1,18})~([A-Za-z0-9\-.]{1,64})", text, re.ASCII)
    if parts is None:
        raise Nonsense(("after", "not a former answer's next"))
    return int(parts[1]), int(parts[2]), parts[3]
