"""How a task goes on: the one table of it, and who may take it further. Pure.

The words are those of FHIR's state machine (http://hl7.org/fhir/R4/task.html#statemachine).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from shared.access.model import Caller, Role, may, reaches
from shared.kernel.sensitive import Sensitive
from shared.tasks.model import (
    Note,
    OnlySupervisorsMayGive,
    SomebodyElseHasIt,
    Task,
    TaskIsOver,
    TaskOutOfReach,
    TaskStandsOtherwise,
    TaskStatus,
    TooManyNotes,
)

TaskAct = Literal["take", "give", "give_back", "start", "complete", "cancel", "reject"]

NEXT: Mapping[tuple[TaskStatus, TaskAct], TaskStatus] = {
    ("requested", "take"): "accepted",
    ("requested", "give"): "requested",
    ("requested", "give_back"): "requested",
    ("requested", "reject"): "rejected",
    ("requested", "cancel"): "cancelled",
    ("accepted", "take"): "accepted",
    ("accepted", "give"): "requested",
    ("accepted", "give_back"): "requested",
    ("accepted", "start"): "in-progress",
    ("accepted", "complete"): "completed",
    ("accepted", "cancel"): "cancelled",
    ("in-progress", "take"): "accepted",
    ("in-progress", "give"): "requested",
    ("in-progress", "give_back"): "requested",
    ("in-progress", "complete"): "completed",
    ("in-progress", "cancel"): "cancelled",
}
"""What is not in the table cannot be done; nothing leads away from what is over."""

SUPERVISORS = (Role.CSR_MANAGER, Role.OMNICHANNEL_SUPERVISOR, Role.CARE_COORDINATOR)
MOST_NOTES = 100


def moved(task: Task, act: TaskAct, at: datetime) -> Task:
    """Give the task as it stands after an act. Raises `TaskIsOver` or `TaskStandsOtherwise`."""
    if not task.is_open:
        raise TaskIsOver
    status = NEXT.get((task.status, act))
    if status is None:
        raise TaskStandsOtherwise
    return replace(task, status=status, last_modified=at)


def given(task: Task, to: str | None, caller: Caller, at: datetime) -> Task:
    """Give the task to oneself (`to` is the caller), to somebody else, or back to the list (None).

    Raises `SomebodyElseHasIt`, `OnlySupervisorsMayGive`, `TaskIsOver` or `TaskStandsOtherwise`.
    """
    if not task.is_open:
        raise TaskIsOver
    if to == caller.who:
        if task.owner not in (None, caller.who) and not supervises(caller, task):
            raise SomebodyElseHasIt
        return task if _has_it(task, caller) else replace(moved(task, "take", at), owner=to)
    if to is None:
        _in_hand(task, caller)
        return replace(moved(task, "give_back", at), owner=None)
    if not supervises(caller, task):
        raise OnlySupervisorsMayGive
    return replace(moved(task, "give", at), owner=to)


def started(task: Task, caller: Caller, at: datetime) -> Task:
    """Begin with it; beginning again changes nothing."""
    _in_hand(task, caller)
    return task if task.status == "in-progress" else moved(task, "start", at)


def completed(task: Task, outcome: Sensitive[str], caller: Caller, at: datetime) -> Task:
    """Be done with it, for the owner or who supervises."""
    _in_hand(task, caller)
    return replace(moved(task, "complete", at), outcome=outcome)


def cancelled(task: Task, why: Sensitive[str], caller: Caller, at: datetime) -> Task:
    """Take it off the list, for whoever asked for it or who supervises."""
    if caller.who != task.requester and not supervises(caller, task):
        raise TaskOutOfReach
    return replace(moved(task, "cancel", at), why_not=why)


def rejected(task: Task, why: Sensitive[str], caller: Caller, at: datetime) -> Task:
    """Refuse what one was given and has not taken on."""
    if caller.who != task.owner and not supervises(caller, task):
        raise TaskOutOfReach
    return replace(moved(task, "reject", at), why_not=why)


def noted(task: Task, note: Note) -> Task:
    """Write something down. Raises `TooManyNotes`; also what is over may still be remarked upon."""
    if len(task.notes) >= MOST_NOTES:
        raise TooManyNotes
    return replace(task, notes=(*task.notes, note), last_modified=note.at)


def lies_before(caller: Caller, task: Task) -> bool:
    """Say whether the caller may see it: asked for by them, on a list of theirs, or within their reach."""
    if task.requester == caller.who or supervises(caller, task):
        return True
    may_be_taken = task.owner is None and _is_of_their_list(caller, task)
    return may_be_taken or reaches(caller, owner=task.owner or "", team=task.team)


def is_their_work(caller: Caller, task: Task) -> bool:
    """Say whether the caller has it, asked for it, may take it, or is in the team that it was made for."""
    if caller.who in {task.requester, task.owner} or task.team in caller.teams:
        return True
    return task.is_open and task.owner is None and task.team is None


def gone_to_another(caller: Caller, task: Task) -> bool:
    """Say whether the caller could have taken it, had nobody else been quicker."""
    is_anothers = task.owner not in (None, caller.who)
    return is_anothers and _is_of_their_list(caller, task) and not lies_before(caller, task)


def supervises(caller: Caller, task: Task) -> bool:
    """Say whether the caller decides about others' tasks, this one among them.

    What was made for no team in particular lies within every supervisor's reach: it must not get stuck with
    somebody who is away.
    """
    if not may(caller, *SUPERVISORS):
        return False
    return task.team is None or reaches(caller, owner=task.owner or "", team=task.team)


def _is_of_their_list(caller: Caller, task: Task) -> bool:
    return task.team is None or task.team in caller.teams


def _has_it(task: Task, caller: Caller) -> bool:
    return task.owner == caller.who and task.status != "requested"


def _in_hand(task: Task, caller: Caller) -> None:
    """Raise unless the caller has the task, or supervises who has it."""
    if not task.is_open:
        raise TaskIsOver
    if caller.who != task.owner and not supervises(caller, task):
        raise TaskOutOfReach
