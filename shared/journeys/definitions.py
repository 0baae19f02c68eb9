"""What a journey must be to be kept (LC-7): pure."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from shared.journeys.model import (
    CreateTaskStep,
    Journey,
    JourneyDraft,
    OnAppointment,
    OnCustomTrigger,
    OnlyIfStep,
    OnSegment,
    SendMessageStep,
    StartsOn,
    Step,
    WaitBeforeStep,
    WaitStep,
)
from shared.kernel.problems import NO_DEFINITION_ID, Problem, is_definition_id
from shared.kernel.refusals import Nonsense

LONGEST_WAIT = timedelta(days=90)
LATEST_EXPIRY = 365 * 24
"""Hours after which a message that was still not sent is of no use to anybody."""
LATEST_DUE = 365 * 24
"""Hours that a task may be given."""
LONGEST_DESCRIPTION = 1000
LONGEST_TEAM = 64
MOST_STEPS = 60
"""Together with what a start writes beside them, the messages of one run fit into one commit (D4: 100)."""
LONGEST_REENTRY = 36500
_PATH = re.compile(r"[a-z][a-z0-9_]{0,39}(\.[A-Za-z]{1,40}){0,8}")


def drafted(journey_id: str, draft: JourneyDraft, before: Journey | None) -> Journey:
    """Make the definition of a draft. Raises `Nonsense` naming all that is wrong with it.

    Only what changes for those who enter makes a new version: a name, a state or a purpose does not (LC-4).
    """
    problems = list(_problems(journey_id, draft))
    if problems:
        raise Nonsense(*problems)
    return Journey(
        id=journey_id,
        version=_version(draft, before),
        name=draft.name,
        purpose=draft.purpose,
        state=draft.state,
        starts_on=draft.starts_on,
        reentry_days=draft.reentry_days,
        steps=draft.steps,
    )


def _version(draft: JourneyDraft, before: Journey | None) -> int:
    if before is None:
        return 1
    is_same = (draft.steps, draft.starts_on, draft.reentry_days) == (
        before.steps,
        before.starts_on,
        before.reentry_days,
    )
    return before.version if is_same else before.version + 1


def _problems(journey_id: str, draft: JourneyDraft) -> Iterator[Problem]:
    if not is_definition_id(journey_id):
        yield "journey_id", NO_DEFINITION_ID
    if not draft.name.strip():
        yield "name", "missing"
    yield from _problems_of_start(draft.starts_on)
    if draft.reentry_days is not None and not 0 <= draft.reentry_days <= LONGEST_REENTRY:
        yield "reentry_days", "not from 0 to 36500"
    elif isinstance(draft.starts_on, OnAppointment) and draft.reentry_days != 0:
        yield "reentry_days", "not 0, though each appointment is a run of its own"
    if not 0 < len(draft.steps) <= MOST_STEPS:
        yield "steps", "not from 1 to 60"
    times = Counter(step.id for step in draft.steps)
    for number, step in enumerate(draft.steps):
        if times[step.id] > 1:
            yield f"steps.{number}.id", "not the only one"
        yield from ((f"steps.{number}.kind", problem) for problem in _misplaced(step, draft))
        yield from ((f"steps.{number}.{field}", problem) for field, problem in _problems_of(step))


def _misplaced(step: Step, draft: JourneyDraft) -> Iterator[str]:
    if isinstance(step, WaitBeforeStep) and not _leads_to_appointment(draft.starts_on):
        yield "not in a journey towards an appointment"
    if isinstance(step, OnlyIfStep) and not isinstance(draft.starts_on, OnCustomTrigger):
        yield "not in a journey that begins with an event"
    if isinstance(step, OnlyIfStep) and step == draft.steps[-1]:
        yield "nothing comes after it"


def _problems_of_start(starts_on: StartsOn) -> Iterator[Problem]:
    match starts_on:
        case OnAppointment(happened=happened) if not happened or len(set(happened)) < len(happened):
            yield "starts_on.happened", "empty, or one of them twice"
        case OnSegment() if not is_definition_id(starts_on.segment_id):
            yield "starts_on.segment_id", "not the id of a segment"
        case OnSegment(happened="left", end_on_leaving=True):
            yield "starts_on.end_on_leaving", "it begins on leaving"
        case OnCustomTrigger() if not is_definition_id(starts_on.trigger_id):
            yield "starts_on.trigger_id", "not the id of a custom trigger"
        case str() if not is_definition_id(starts_on):
            yield "starts_on", "not the id of a trigger"
        case _:
            return


def _leads_to_appointment(starts_on: StartsOn) -> bool:
    return isinstance(starts_on, OnAppointment) and "cancelled" not in starts_on.happened


def _problems_of(step: Step) -> Iterator[Problem]:
    if not is_definition_id(step.id):
        yield "id", NO_DEFINITION_ID
    match step:
        case WaitStep():
            yield from _problems_of_wait(step)
        case WaitBeforeStep():
            yield from _problems_of_length(step)
        case CreateTaskStep():
            yield from _problems_of_task(step)
        case OnlyIfStep():
            if not step.one_of:
                yield "one_of", "missing"
            if not _PATH.fullmatch(step.path):
                yield "path", "not names joined by full stops"
        case SendMessageStep(expires_after_hours=int(hours)) if not 0 < hours <= LATEST_EXPIRY:
            yield "expires_after_hours", "not from 1 to 8760"
        case SendMessageStep():
            return


def _problems_of_wait(step: WaitStep) -> Iterator[Problem]:
    yield from _problems_of_length(step)
    if step.days == step.hours == step.minutes == 0 and step.until is None:
        yield "days", "nothing to wait for"
    if step.until is not None and step.until.tzinfo is not None:
        yield "until", "not a time of day without a zone"


def _problems_of_length(step: WaitStep | WaitBeforeStep) -> Iterator[Problem]:
    if min(step.days, step.hours, step.minutes) < 0:
        yield "days", "less than nothing"
    elif (step.days * 24 + step.hours) * 60 + step.minutes > LONGEST_WAIT // timedelta(minutes=1):
        yield "days", "more than 90 days"


def _problems_of_task(step: CreateTaskStep) -> Iterator[Problem]:
    if not 0 < len(step.description.strip()) <= LONGEST_DESCRIPTION:
        yield "description", "not from 1 to 1000 characters"
    if step.due_in_hours is not None and not 0 < step.due_in_hours <= LATEST_DUE:
        yield "due_in_hours", "not from 1 to 8760"
    if step.team is not None and not 0 < len(step.team.strip()) <= LONGEST_TEAM:
        yield "team", "not from 1 to 64 characters"
