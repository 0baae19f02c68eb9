"""What we write into the record: Appointments booked, moved and cancelled, and their Slots.

What was read is patched, never built anew: models rewrite times (fhir.md §3). No text of a patient goes
anywhere but where FHIR has a place for their reason.
"""

from datetime import datetime

from shared.appointments.in_fhir import (
    BOOKINGS,
    CANCELLATIONS,
    Time,
    concepts_of,
    taking_part,
)
from shared.appointments.intents import Intent
from shared.fhir.instants import SECOND, instant_text
from shared.fhir.ports import Resource
from shared.kernel.sensitive import Sensitive
from shared.patients.in_fhir import mapping_of, mappings_of

_FROM_THE_SLOT = ("serviceCategory", "serviceType", "specialty", "appointmentType", "minutesDuration")


def booked(
    intent: Intent, slot: Resource, schedule: Resource, time: Time, actors: tuple[str, ...], now: datetime
) -> Resource:
    """Spell a new appointment in this slot."""
    spelt: Resource = {
        "resourceType": "Appointment",
        "id": intent.appointment_id,
        "identifier": [_named(intent)],
        "status": "booked",
        **_in_slot(slot, schedule, time),
        "created": instant_text(now),
        "participant": taking_part(intent.patient_id, actors),
    }
    if intent.reason.value:
        spelt["reasonCode"] = [{"text": intent.reason.value}]
    return spelt


def moved(
    intent: Intent,
    appointment: Resource,
    slot: Resource,
    schedule: Resource,
    time: Time,
    actors: tuple[str, ...],
) -> Resource:
    """Spell the appointment in another slot; whoever else took part still does."""
    left = {name: value for name, value in appointment.items() if name not in _FROM_THE_SLOT}
    others = [
        each
        for each in mappings_of(appointment.get("participant"))
        if not _is_of_a_slot(str(mapping_of(each.get("actor")).get("reference", "")))
        and mapping_of(each.get("actor")).get("reference") != f"Patient/{intent.patient_id}"
    ]
    return {
        **left,
        "identifier": [*mappings_of(appointment.get("identifier")), _named(intent)],
        "status": "booked",
        **_in_slot(slot, schedule, time),
        "participant": [*taking_part(intent.patient_id, actors), *others],
    }


def cancelled(intent: Intent, appointment: Resource) -> Resource:
    """Spell it as cancelled, by the patient or for another reason (R4 has one l in `cancelationReason`)."""
    code = "pat" if intent.source == "portal" else "other"
    reason: Resource = {"coding": [{"system": CANCELLATIONS, "code": code}]}
    if intent.reason.value:
        reason["text"] = intent.reason.value
    return {
        **appointment,
        "identifier": [*mappings_of(appointment.get("identifier")), _named(intent)],
        "status": "cancelled",
        "cancelationReason": reason,
    }


def fitting(reason: Sensitive[str | None]) -> Sensitive[str | None]:
    """Make a reason fit into a FHIR string, for words that nobody can be asked to correct."""
    text = "".join(char for char in reason.value or "" if is_writable(char))[:LONGEST_REASON]
    return Sensitive(text or None)


LONGEST_REASON = 1000


def is_writable(char: str) -> bool:
    """Say whether FHIR's string may hold it: no control characters but tab and line ends, no half a pair."""
    return (char >= " " or char in "\t\r\n") and char != "\x7f" and not "\ud800" <= char <= "\udfff"


def _in_slot(slot: Resource, schedule: Resource, time: Time) -> Resource:
    minutes = (time.end - time.start) // (60 * SECOND)
    return {
        **concepts_of(slot, schedule),
        "start": slot["start"],
        "end": slot["end"],
        **({"minutesDuration": minutes} if minutes else {}),
        "slot": [{"reference": f"Slot/{slot['id']}"}],
    }


def _named(intent: Intent) -> Resource:
    return {"system": BOOKINGS, "value": intent.booking_id}


def _is_of_a_slot(name: str) -> bool:
    return name.startswith(("Practitioner/", "PractitionerRole/", "Location/"))
