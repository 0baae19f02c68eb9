"""Where intents and what we remember of appointments are kept, and how they are found."""

from datetime import datetime

from shared.appointments.intents import SETTLED_INTENTS_LAST, Intent
from shared.appointments.model import Kept
from shared.kernel.documents import (
    FORBIDDEN_IN_IDS,
    LONGEST_ID,
    Create,
    Document,
    Documents,
    Index,
    Replace,
    replacing,
)
from shared.kernel.identity import PatientId, derived
from shared.patients.documents import patient_partition

SETTLE_BY = Index("booking", "settle_by")
"""Which intents the sweep must look after, in order of when; settled ones have no place in it."""
INDEXES = (SETTLE_BY,)


def intent_id(booking_id: str) -> str:
    """Name the intent for its booking; a booking's id that no document may have, by its digest (D4)."""
    spelt = f"booking~{booking_id}"
    fits = len(spelt) <= LONGEST_ID and spelt.isprintable() and FORBIDDEN_IN_IDS.isdisjoint(spelt)
    return spelt if fits else f"booking~{derived(booking_id)}"


def kept_id(appointment_id: str) -> str:
    return f"appointment~{appointment_id}"


def intent_at(documents: Documents, patient_id: PatientId, booking_id: str) -> Document[Intent] | None:
    """Give what was wished under that id, if anything was."""
    return documents.look(patient_partition(patient_id), intent_id(booking_id), Intent)


def kept_at(documents: Documents, patient_id: PatientId, appointment_id: str) -> Document[Kept] | None:
    """Give what we remember of an appointment, if we ever wrote it."""
    return documents.look(patient_partition(patient_id), kept_id(appointment_id), Kept)


def kept(before: Document[Kept] | None, as_now: Kept) -> Create | Replace:
    """Write what we remember: as new, or over what was read."""
    return Create(kept_id(as_now.appointment_id), as_now) if before is None else replacing(before, as_now)


def settled(before: Document[Intent], intent: Intent, now: datetime) -> Replace:
    """Write how an intent went; it is kept long enough for every repetition of the wish to find it."""
    return replacing(before, intent, expires_at=now + SETTLED_INTENTS_LAST)
