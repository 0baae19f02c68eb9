"""Who has read a patient's record on a reason alone (D13)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from shared.kernel.documents import Create
from shared.kernel.identity import PatientId, derived
from shared.kernel.sensitive import Sensitive


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """One reading without a care relationship, and the reason that was given for it."""

    patient_id: PatientId
    who: str
    at: datetime
    reason: Sensitive[str]
    read: str


def broken_glass_partition(of: date | datetime) -> str:
    """Give where the readings of one day are kept, by the clock of UTC."""
    day = of.astimezone(UTC).date() if isinstance(of, datetime) else of
    return f"break-glass/{day.isoformat()}"


def breaking(one: BrokenGlass) -> Create:
    """Keep it under an id that sorts by time and says what it is."""
    instant = one.at.astimezone(UTC).strftime("%Y%m%dT%H%M%S%f")
    return Create(
        f"brokenglass~{instant}~{derived(one.who, one.patient_id, one.read, one.reason.value)}", one
    )
