"""Journeys and enrolments with sensible people in them."""

from datetime import UTC, datetime, time
from typing import Any

from shared.journeys.definitions import drafted
from shared.journeys.model import (
    Cause,
    Enrolment,
    Journey,
    JourneyDraft,
    SendMessageStep,
    Step,
    Subject,
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
