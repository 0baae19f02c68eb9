"""Why there is no appointment, or no change to one: what people and the bot are told (AP-3, AP-4)."""

from shared.exchange.model import WriteBackIsOff
from shared.kernel.refusals import Conflict, NotFound, Refusal
from shared.operations.features import FeatureIsOff


class NoSuchSlot(NotFound):
    """There is no such slot."""


class NoSuchAppointment(NotFound):
    """There is no such appointment."""


class NoSuchPatient(NotFound):
    """There is no such patient."""


class SlotAlreadyTaken(Conflict):
    """Somebody else has this slot; please choose another."""


class SlotInThePast(Refusal):
    """The slot has begun or is over; please choose a later one."""


class SlotNotBookable(Refusal):
    """The slot is not open to booking."""


class PractitionerIsTaken(Conflict):
    """The practitioner is with somebody else at that time; please choose another slot."""


class RoomIsTaken(Conflict):
    """The room is in use at that time; please choose another slot."""


class PatientHasAnotherAppointment(Conflict):
    """The patient has another appointment at that time."""


class PatientHasThisTimeAlready(Conflict):
    """The patient has an appointment at exactly this time already; there is nothing more to do."""


class TooManyAppointments(Conflict):
    """The patient has as many appointments to come as can be booked without a person; please ask one."""


class PatientCannotBook(Refusal):
    """Nothing can be booked for this patient's record: it is closed, or another has taken its place."""


class AppointmentIsOver(Refusal):
    """The appointment has begun or is over, and can no longer be changed."""


class AppointmentNotBooked(Refusal):
    """The appointment does not stand as booked, and cannot be changed."""


class AppointmentChangedMeanwhile(Conflict):
    """The appointment has been changed since; please look at it again."""


class BookingIdUsedForAnother(Conflict):
    """Another booking has been asked for under the same id."""


SETTLING: tuple[type[Refusal], ...] = (
    NoSuchSlot,
    NoSuchAppointment,
    NoSuchPatient,
    SlotAlreadyTaken,
    SlotInThePast,
    SlotNotBookable,
    PractitionerIsTaken,
    RoomIsTaken,
    PatientHasAnotherAppointment,
    PatientHasThisTimeAlready,
    TooManyAppointments,
    PatientCannotBook,
    AppointmentIsOver,
    AppointmentNotBooked,
    AppointmentChangedMeanwhile,
    FeatureIsOff,
    WriteBackIsOff,
)
"""Those that end a wish. Any other, such as the record's server refusing us, leaves it to be tried again."""
_BY_NAME = {kind.__name__: kind for kind in SETTLING}


def refusal_named(name: str) -> Refusal:
    """Give the refusal that was kept by its name; one that this version has no word for is told plainly."""
    return _BY_NAME.get(name, SlotNotBookable)()
