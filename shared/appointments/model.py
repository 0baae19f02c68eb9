"""Slots, bookings, and what is told of them (D11, AP-1…4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive

BookingSource = Literal["portal", "representative", "bot"]
AppointmentHappened = Literal["booked", "moved", "cancelled"]


@dataclass(frozen=True, slots=True)
class BookForPatient:
    """Instruction: book this slot for that patient; the same `booking_id` is the same booking.

    `conversation_id` is told how it went (`BookingSettled`) where the bot has asked; where a person has, it
    only notes where they agreed on it.
    """

    booking_id: str
    patient_id: PatientId
    slot_id: str
    source: BookingSource
    reason: Sensitive[str | None]
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class SettleBooking:
    """Instruction to our own room: find out what became of an intent, or carry it out."""

    patient_id: PatientId
    booking_id: str


@dataclass(frozen=True, slots=True)
class AppointmentChanged:
    """Fact: an appointment was booked, moved or cancelled by us.

    `change` counts what has happened to this appointment, from 1: what starts or stops because of it is named
    for it.
    """

    patient_id: PatientId
    appointment_id: str
    change: int
    happened: AppointmentHappened
    starts_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class BookingSettled:
    """Fact, for the conversation in which the bot was asked: how the booking went.

    `refusal` is the name of the refusal, where it was refused (`SlotAlreadyTaken`).
    """

    conversation_id: str
    booking_id: str
    appointment_id: str | None
    starts_at: datetime | None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What we remember of an appointment beside the record: as we last wrote it.

    `change` counts our changes to it, from 1.
    """

    appointment_id: str
    change: int
    status: str
    starts_at: datetime
    slot_id: str | None
    source: BookingSource
    conversation_id: str | None
    booking_id: str


@dataclass(frozen=True, slots=True)
class AppointmentWords:
    """What a message may say of an appointment; empty where the record does not say it.

    `at` is when it begins, in ISO 8601, as the clock shows it there.
    """

    at: str
    place: str = ""
    with_whom: str = ""
    by_video: bool = False


@dataclass(frozen=True, slots=True)
class AppointmentNow:
    """An appointment as the record has it now, for those who are about to speak of it."""

    status: str
    starts_at: datetime | None
    words: AppointmentWords | None = None
