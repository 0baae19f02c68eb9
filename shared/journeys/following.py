"""What news of appointments and segments means for a patient's runs: pure."""

from dataclasses import dataclass
from datetime import datetime

from shared.appointments.model import AppointmentChanged
from shared.journeys.documents import enrolment_named
from shared.journeys.model import (
    ByAppointment,
    ByMembership,
    Enrolment,
    Journey,
    OnSegment,
    Reason,
    Subject,
)
from shared.segments.model import MembershipChanged


@dataclass(frozen=True, slots=True)
class Followed:
    """The latest news of one appointment, or of one segment, that was followed; older news starts nothing."""

    what: str
    change: int


def run_about(changed: AppointmentChanged, journey: Journey, now: datetime) -> Enrolment:
    """Make the run about this appointment as it stands since this change: two of them, two runs (AP-10)."""
    about, change = changed.appointment_id, changed.change
    return Enrolment(
        id=enrolment_named(journey.id, f"Appointment~{about}", f"~change-{change}"),
        journey_id=journey.id,
        journey_version=journey.version,
        patient_id=changed.patient_id,
        subject=Subject("Appointment", about),
        cause=ByAppointment("appointment", about, changed.happened, change),
        started_at=now,
        subject_at=changed.starts_at,
    )


def run_since(changed: MembershipChanged, journey: Journey, now: datetime) -> Enrolment:
    """Make the run that begins with this coming or going."""
    about, occurrence = changed.segment_id, changed.occurrence
    return Enrolment(
        id=enrolment_named(journey.id, f"segment~{about}", f"~{changed.happened}-{occurrence}"),
        journey_id=journey.id,
        journey_version=journey.version,
        patient_id=changed.patient_id,
        subject=Subject("segment", about),
        cause=ByMembership("segment", about, changed.happened, occurrence),
        started_at=now,
    )


def turn_of(changed: MembershipChanged) -> int:
    """Give comings and goings their order: the n-th coming is followed by the n-th going."""
    return 2 * changed.occurrence - (changed.happened == "joined")


def outdating(changed: AppointmentChanged) -> Reason | None:
    """Say why the runs about it as it was must end, or None where there cannot be any."""
    match changed.happened:
        case "booked":
            return None
        case "moved":
            return "appointment_moved"
        case "cancelled":
            return "appointment_cancelled"


def is_outdated(enrolment: Enrolment, changed: AppointmentChanged) -> bool:
    """Say whether a run is about the appointment as it was before this change."""
    cause = enrolment.cause
    return (
        isinstance(cause, ByAppointment)
        and cause.appointment_id == changed.appointment_id
        and cause.change < changed.change
    )


def rests_on_stay(enrolment: Enrolment, changed: MembershipChanged) -> bool:
    """Say whether a run began with the stay that is over now, or with an earlier one."""
    cause = enrolment.cause
    return (
        isinstance(cause, ByMembership)
        and (cause.segment_id, cause.happened) == (changed.segment_id, "joined")
        and cause.occurrence <= changed.occurrence
    )


def ends_on_leaving(begun: Journey) -> bool:
    """Say whether a run of this lasts no longer than the stay."""
    return isinstance(begun.starts_on, OnSegment) and begun.starts_on.end_on_leaving
