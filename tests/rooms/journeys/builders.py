"""Journeys and enrolments with sensible people in them."""

from datetime import UTC, datetime, time
from typing import Any

from shared.journeys.definitions import drafted
from shared.journeys.model import (
    ByAppointment,
    Cause,
    CreateTaskStep,
    Enrolment,
    Journey,
    JourneyDraft,
    OnAppointment,
    OnSegment,
    SendMessageStep,
    Step,
    Subject,
    WaitBeforeStep,
    WaitStep,
)
from shared.kernel.identity import PatientId
from shared.messaging.model import Channel

ADA = PatientId("ada")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIRING = "firing~hba1c~Observation~march"


def a_text(id: str = "ask", **more: Any) -> SendMessageStep:  # noqa: A002  # the step's own word
    return SendMessageStep("send_message", id, Channel.SMS, "hba1c-talk-sms", **more)


def an_email(id: str = "remind") -> SendMessageStep:  # noqa: A002  # the step's own word
    return SendMessageStep("send_message", id, Channel.EMAIL, "hba1c-talk-email")


def a_wait(id: str = "wait", *, until: time | None = None, **how_long: int) -> WaitStep:  # noqa: A002  # the step's own word
    return WaitStep("wait", id, until=until, **how_long)


def a_wait_before(id: str = "before", **more: Any) -> WaitBeforeStep:  # noqa: A002  # the step's own word
    return WaitBeforeStep("wait_before", id, **more)


def a_task(id: str = "call", **more: Any) -> CreateTaskStep:  # noqa: A002  # the step's own word
    return CreateTaskStep("create_task", id, "outreach", "Call and offer an appointment.", **more)


def a_draft(*steps: Step, **more: Any) -> JourneyDraft:
    settled: dict[str, Any] = {
        "name": "Follow up a high HbA1c",
        "purpose": "Ask for a conversation, and remind once.",
        "starts_on": "hba1c",
        "reentry_days": 90,
        "steps": steps or (a_text(), a_wait(days=3), an_email()),
        "state": "live",
    }
    return JourneyDraft(**{**settled, **more})


def a_draft_on_appointment(*steps: Step, **more: Any) -> JourneyDraft:
    """Confirm at once, and remind the day before."""
    settled: dict[str, Any] = {
        "starts_on": OnAppointment("appointment", ("booked", "moved")),
        "reentry_days": 0,
    }
    asked = steps or (a_text("confirm"), a_wait_before(days=1), a_text("remind"))
    return a_draft(*asked, **{**settled, **more})


def a_draft_on_segment(*steps: Step, starts_on: OnSegment | None = None, **more: Any) -> JourneyDraft:
    """Ask for a call and a conversation, and remind once, for as long as the patient is in the segment."""
    usual = OnSegment("segment", "out-of-range", end_on_leaving=True)
    asked = steps or (a_task(), a_text(), a_wait(days=3), an_email())
    return a_draft(*asked, starts_on=starts_on or usual, **more)


def a_journey(*steps: Step, **more: Any) -> Journey:
    return drafted("follow-up", a_draft(*steps, **more), None)


def an_enrolment(**more: Any) -> Enrolment:
    settled: dict[str, Any] = {
        "id": "enrolment~follow-up~Observation~march",
        "journey_id": "follow-up",
        "journey_version": 1,
        "patient_id": ADA,
        "subject": Subject("Observation", "march"),
        "cause": Cause("hba1c", FIRING, 1),
        "started_at": MONDAY,
    }
    return Enrolment(**{**settled, **more})


def a_run_about_appointment(begins: datetime, **more: Any) -> Enrolment:
    settled: dict[str, Any] = {
        "id": "enrolment~follow-up~Appointment~eye-check~change-1",
        "subject": Subject("Appointment", "eye-check"),
        "cause": ByAppointment("appointment", "eye-check", "booked", 1),
        "subject_at": begins,
    }
    return an_enrolment(**{**settled, **more})
