"""Take the next step only if something holds now (ST-4)."""

from typing import Any

from shared.fhir.elements import found_at
from shared.journeys.model import OnlyIfStep
from shared.journeys.steps.arrival import Arrival, Outcome


def decide(step: OnlyIfStep, arrival: Arrival) -> Outcome:
    """Say whether it holds of what is known, and leave the next step out where it does not."""
    if any(_spelt(found) in step.one_of for found in found_at(arrival.known, step.path.split("."))):
        return Outcome("holds")
    return Outcome("does_not_hold", skips_next=True)


def _spelt(value: Any) -> str | None:
    """Spell a value as JSON does; an object or a list is none of any texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None
