"""What a FHIR server sends to whoever has subscribed to a topic (fhir.md §2.2)."""

from typing import Any

HOME = "http://127.0.0.1:7071/fhir"
SUBSCRIPTION = f"{HOME}/Subscription/patient-engagement"


def parameter(name: str, **value: Any) -> dict[str, Any]:
    return {"name": name, **value}


def a_notification(  # noqa: PLR0913  # each is a part of what is sent
    kind: str = "event-notification",
    *numbers: int,
    so_far: int | None = None,
    focus: str | None = "Observation/hba1c",
    subscription: str = SUBSCRIPTION,
    status: str = "active",
    entries: tuple[dict[str, Any], ...] = (),
    at: str = "2026-11-02T12:00:30Z",
) -> dict[str, Any]:
    """Give what the backport of topic subscriptions to R4 sends (fhir.md §2.2)."""
    events = [
        parameter(
            "notification-event",
            part=[
                parameter("event-number", valueString=str(number)),
                parameter("timestamp", valueInstant=at),
                *([parameter("focus", valueReference={"reference": f"{HOME}/{focus}"})] if focus else []),
            ],
        )
        for number in numbers
    ]
    told = [
        parameter("subscription", valueReference={"reference": subscription}),
        parameter("topic", valueCanonical="http://hospital.example/topics/results"),
        parameter("status", valueCode=status),
        parameter("type", valueCode=kind),
        parameter("events-since-subscription-start", valueString=str(so_far or max(numbers, default=0))),
        *events,
    ]
    first = {"resource": {"resourceType": "Parameters", "parameter": told}}
    return {"resourceType": "Bundle", "type": "history", "entry": [first, *entries]}
