"""Wait until so long before the appointment (ST-2, AP-9)."""

from datetime import datetime, timedelta

from shared.journeys.model import WaitBeforeStep
from shared.journeys.steps.arrival import Arrival, Outcome
from shared.journeys.steps.wait import days_later


def decide(step: WaitBeforeStep, arrival: Arrival) -> Outcome:
    """Say until when; where that has passed already, the next step is left out or taken at once."""
    begins = arrival.enrolment.subject_at
    if begins is None:
        msg = "a run that is about no appointment cannot wait for one"
        raise LookupError(msg)
    until = so_long_before(begins, step, arrival.zone)
    if until >= arrival.now:
        return Outcome("waited", waits_until=until)
    return Outcome("too_late", skips_next=step.when_late == "skip_next")


def so_long_before(begins: datetime, step: WaitBeforeStep, zone: str) -> datetime:
    """Give the same time on the wall so many days earlier, less hours and minutes by the watch."""
    return days_later(begins, zone, -step.days) - timedelta(hours=step.hours, minutes=step.minutes)
