"""What people ask of appointments, and what of it cannot be understood."""

from dataclasses import dataclass

from shared.appointments.in_fhir import is_id
from shared.appointments.refusals import NoSuchSlot
from shared.appointments.spelling import LONGEST_REASON, is_writable
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive


@dataclass(frozen=True, slots=True)
class OwnBookingAsked:
    """A patient books a slot for themselves; the reason is theirs, in their own words."""

    slot_id: str
    reason: Sensitive[str] | None = None


@dataclass(frozen=True, slots=True)
class BookingAsked:
    """A member of staff books a slot for a patient.

    `conversation_id` notes where they agreed on it. It is neither looked up nor told of the booking.
    """

    slot_id: str
    reason: Sensitive[str] | None = None
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class OwnMoveAsked:
    """A patient moves an appointment to another slot."""

    slot_id: str


@dataclass(frozen=True, slots=True)
class MoveAsked:
    """A member of staff moves an appointment to another slot; `conversation_id` as in `BookingAsked`."""

    slot_id: str
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class OwnCancellationAsked:
    """A patient cancels an appointment, and may say why."""

    reason: Sensitive[str] | None = None


@dataclass(frozen=True, slots=True)
class CancellationAsked:
    """A member of staff cancels an appointment; `conversation_id` as in `BookingAsked`."""

    reason: Sensitive[str] | None = None
    conversation_id: str | None = None


def understood(reason: Sensitive[str] | None) -> Sensitive[str | None]:
    """Give the reason as it will be kept: word for word, or not at all.

    Raises `Nonsense` for one that FHIR could not hold.
    """
    text = (reason.value if reason else "").strip()
    if len(text) > LONGEST_REASON:
        raise Nonsense(("reason", f"longer than {LONGEST_REASON} characters"))
    if not all(map(is_writable, text)):
        raise Nonsense(("reason", "holds control characters"))
    return Sensitive(text or None)


def slot_named(slot_id: str) -> str:
    """Give the slot's id. Raises `NoSuchSlot` for what cannot be one: nothing is kept of it."""
    if not is_id(slot_id):
        raise NoSuchSlot
    return slot_id


def conversation_named(conversation_id: str | None) -> str | None:
    """Give the conversation's id. Raises `Nonsense` for what cannot be one."""
    if conversation_id is not None and not is_id(conversation_id):
        raise Nonsense(("conversation_id", "not an id"))
    return conversation_id
