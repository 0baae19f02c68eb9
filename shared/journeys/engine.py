"""The journey engine: data in, decision out, time an argument (D9). It sends nothing and writes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.journeys.model import (
    AdvanceEnrolment,
    Enrolment,
    EnrolmentHasMovedOn,
    Happening,
    Journey,
    Reason,
    SendMessageStep,
    Step,
)
from shared.journeys.steps import create_task, only_if, send_message, wait, wait_before
from shared.journeys.steps.arrival import Arrival, Instruction, Outcome
from shared.kernel.refusals import NotYetVisible

STEPS: dict[str, Callable[[Any, Arrival], Outcome]] = {
    "send_message": send_message.decide,
    "wait": wait.decide,
    "wait_before": wait_before.decide,
    "create_task": create_task.decide,
    "only_if": only_if.decide,
}

NOTHING: Mapping[str, Any] = {}

EARLY_BY = timedelta(seconds=30)
"""How far two machines' clocks may differ: a due message that comes so much too early is not too early."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The enrolment as it should now stand, and what is to be told in the same commit."""

    enrolment: Enrolment
    instructions: tuple[Instruction, ...] = ()


def at_step(enrolment: Enrolment, step_counter: int) -> Enrolment:
    """Fence: behind the announced step is not visible yet (a fault), beyond it or ended it has moved on."""
    if enrolment.step_counter < step_counter:
        raise NotYetVisible
    if enrolment.step_counter > step_counter or not enrolment.is_active:
        raise EnrolmentHasMovedOn
    return enrolment


def next_step(
    journey: Journey,
    enrolment: Enrolment,
    *,
    zone: str,
    now: datetime,
    known: Mapping[str, Any] = NOTHING,
) -> Decision | None:
    """Run on through the steps until one must wait or none is left; None while the wait is not over.

    It ends, for every step but the last moves the position on. `zone` is where the days of a wait are
    counted, `known` what steps may ask about beside the enrolment.
    """
    if is_waiting(enrolment, now):
        return None
    standing = _past_its_wait(enrolment)
    instructions: list[Instruction] = []
    while standing.position < len(journey.steps):
        step = journey.steps[standing.position]
        outcome = STEPS[step.kind](step, Arrival(standing, standing.occurrence_of(step.id), zone, now, known))
        instructions += outcome.instructions
        standing = _after(standing, step, outcome, now)
        if outcome.waits_until is not None and outcome.waits_until > now:
            return _waiting(standing, outcome.waits_until, instructions)
        standing = _moved_on(standing, journey, outcome, now)
    done = replace(standing, state="completed", step_counter=standing.step_counter + 1, ended_at=now)
    return Decision(done, tuple(instructions))


def is_waiting(enrolment: Enrolment, now: datetime) -> bool:
    """Say whether its wait is not over yet."""
    return enrolment.due_at is not None and enrolment.due_at > now + EARLY_BY


def ended(enrolment: Enrolment, reason: Reason, now: datetime) -> Enrolment:
    """End it where it stands; the step counter stays, for nothing but advancing changes it."""
    return replace(enrolment, state="ended", reason=reason, due_at=None, ended_at=now)


def taken_back(enrolment: Enrolment, journey: Journey) -> tuple[Instruction, ...]:
    """Take back every message that came of it; what has gone out already is none the worse for being told."""
    steps = {step.id: step for step in journey.steps}
    return tuple(
        send_message.take_back(step, enrolment, happening.message_id)
        for happening in enrolment.trail
        if happening.message_id and isinstance(step := steps.get(happening.step), SendMessageStep)
    )


def stopped(enrolment: Enrolment, journey: Journey, reason: Reason, now: datetime) -> Decision:
    """End it early, and with it whatever it has asked for that nobody has received yet."""
    return Decision(ended(enrolment, reason, now), taken_back(enrolment, journey))


def advance(enrolment: Enrolment) -> Instruction:
    """Make the instruction by which the enrolment goes on from where it stands."""
    content = AdvanceEnrolment(enrolment.patient_id, enrolment.id, enrolment.step_counter)
    named = f"{enrolment.patient_id}~{enrolment.id}~{enrolment.step_counter}"
    return Instruction(content, named, enrolment.due_at)


def _past_its_wait(enrolment: Enrolment) -> Enrolment:
    if enrolment.due_at is None:
        return enrolment
    return replace(enrolment, due_at=None, position=enrolment.position + 1, failing=None)


def _after(standing: Enrolment, step: Step, outcome: Outcome, now: datetime) -> Enrolment:
    happening = Happening(step.id, outcome.what, now, outcome.message_id)
    return replace(standing, trail=(*standing.trail, happening))


def _moved_on(standing: Enrolment, journey: Journey, outcome: Outcome, now: datetime) -> Enrolment:
    """Go on to the next step, or to the one after it; what is left out is told in the trail."""
    following = standing.position + 1
    if not outcome.skips_next or following >= len(journey.steps):
        return replace(standing, position=following)
    left_out = Happening(journey.steps[following].id, "left_out", now)
    return replace(standing, position=following + 1, trail=(*standing.trail, left_out))


def _waiting(standing: Enrolment, until: datetime, instructions: list[Instruction]) -> Decision:
    waiting = replace(standing, due_at=until, step_counter=standing.step_counter + 1)
    return Decision(waiting, (*instructions, advance(waiting)))
