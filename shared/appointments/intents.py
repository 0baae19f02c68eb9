"""What was wished of an appointment, kept before the record is asked, until it is known how it went (D11)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from shared.appointments.model import BookingSource
from shared.kernel.identity import PatientId, derived
from shared.kernel.sensitive import Sensitive

Wish = Literal["book", "move", "cancel"]
IntentState = Literal["pending", "done", "refused"]

SETTLED_WITHIN = timedelta(seconds=30)
"""After which the sweep takes an intent for abandoned. To be wrong about it does no harm."""
LAST_LOOK_AFTER = timedelta(minutes=3)
"""A FHIR server may work on a transaction for 100 s after its client has gone (fhir.md §2.4)."""
LONGEST_BETWEEN_TRIES = timedelta(hours=1)
SETTLED_INTENTS_LAST = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Intent:
    """One wish: to book a slot, to move an appointment to another one, or to cancel it.

    `seen` is the version of the Appointment that a change rests on; once it has another, the wish is out of
    date. `settle_by` is when the sweep looks after it (None: no more), `tries` how often it has.
    """

    booking_id: str
    patient_id: PatientId
    wants: Wish
    appointment_id: str
    slot_id: str | None
    source: BookingSource
    reason: Sensitive[str | None]
    conversation_id: str | None
    asked_by: str | None
    asked_at: datetime
    state: IntentState
    settle_by: datetime | None
    seen: int | None = None
    tries: int = 0
    refusal: str | None = None
    settled_at: datetime | None = None


def appointment_of_booking(patient_id: PatientId, booking_id: str) -> str:
    """Derive the Appointment's id: two people who use the same booking id have two appointments."""
    return derived("appointment", patient_id, booking_id)


def tried_again(intent: Intent, now: datetime) -> Intent:
    """Put the next look off, twice as far each time: what fails by a bug shall not fail every minute."""
    wait = min(SETTLED_WITHIN * 2 ** min(intent.tries, 10), LONGEST_BETWEEN_TRIES)
    return replace(intent, tries=intent.tries + 1, settle_by=now + wait)


def as_done(intent: Intent, now: datetime) -> Intent:
    return replace(intent, state="done", refusal=None, settled_at=now, settle_by=None)


def as_refused(intent: Intent, refusal: str, now: datetime, *, was_tried_before: bool) -> Intent:
    """Refuse it; where an earlier try may still be on its way to the record, look once more later."""
    later = now + LAST_LOOK_AFTER if was_tried_before else None
    return replace(intent, state="refused", refusal=refusal, settled_at=now, settle_by=later)
