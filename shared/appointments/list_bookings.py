"""Show what became of what a patient has asked for."""

from dataclasses import dataclass
from datetime import datetime

from shared.appointments.intents import Intent, IntentState, Wish
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.documents import patient_partition


@dataclass(frozen=True, slots=True)
class WhichBookings:
    """How many at once; `after` is a former answer's `next`."""

    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class BookingShown:
    """One wish and how it went; `refusal` names the rule that said no (`SlotAlreadyTaken`)."""

    id: str
    wants: Wish
    slot_id: str | None
    appointment_id: str
    state: IntentState
    refusal: str | None
    asked_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class BookingsFound:
    """One page of a patient's wishes."""

    bookings: tuple[BookingShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListBookings:
    """Answers whoever asked and never heard: a request that was cut off is settled all the same."""

    documents: Documents

    def __call__(self, which: WhichBookings, *, patient_id: PatientId) -> BookingsFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.list(
            patient_partition(patient_id), "booking", Intent, limit=limit, after=which.after
        )
        return BookingsFound(tuple(_shown(found.body) for found in page.items), page.next)


def _shown(intent: Intent) -> BookingShown:
    return BookingShown(
        id=intent.booking_id,
        wants=intent.wants,
        slot_id=intent.slot_id,
        appointment_id=intent.appointment_id,
        state=intent.state,
        refusal=intent.refusal,
        asked_at=intent.asked_at,
        settled_at=intent.settled_at,
    )
