"""Show what is to be done."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Literal

from shared.access.model import Caller, Scope
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense
from shared.tasks.documents import MOST_GATHERED, about, in_status, place_of, placed
from shared.tasks.lifecycle import lies_before
from shared.tasks.model import OPEN, Task, TaskStatus
from shared.tasks.task_view import TaskListed, listed

_NO_DUE = "9999"
_DUE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00")


@dataclass(frozen=True, slots=True)
class WhichTasks:
    """Which to show: those of `me` or of `nobody`, in one state (otherwise all open ones), of one patient.

    `after` is a former answer's `next`.
    """

    owner: Literal["me", "nobody"] | None = None
    state: TaskStatus | None = None
    patient: PatientId | None = None
    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class TasksFound:
    """One page of tasks, the soonest due first; `is_cut` says that there were too many to put in order."""

    tasks: tuple[TaskListed, ...]
    next: str | None
    is_cut: bool


@dataclass(frozen=True, slots=True)
class ListTasks:
    """Gives what lies before the caller, the soonest due first and what has no end last, a page at a time.

    Stored order knows no due times within a list, so each page gathers the list anew, up to 1,000, and sorts.
    """

    documents: Documents

    def __call__(self, which: WhichTasks, *, caller: Caller, now: datetime) -> TasksFound:
        """Give them, or raise `Nonsense` where `after` is not what a page gave."""
        limit = max(1, min(which.limit, 100))
        if which.after is not None and not _is_place(which.after):
            raise Nonsense(("after", "is not where a page ended"))
        gathered = list(islice(self._gathered(which, caller), MOST_GATHERED + 1))
        fitting = {task.id: task for task in gathered[:MOST_GATHERED] if _fits(task, which, caller)}
        due = sorted(fitting.values(), key=place_in_line)
        left = [task for task in due if which.after is None or place_in_line(task) > which.after]
        page = left[:limit]
        return TasksFound(
            tuple(listed(task, now) for task in page),
            place_in_line(page[-1]) if len(left) > limit else None,
            is_cut=len(gathered) > MOST_GATHERED,
        )

    def _gathered(self, which: WhichTasks, caller: Caller) -> Iterator[Task]:
        if which.patient is not None:
            return about(self.documents, which.patient)
        states = _states(which)
        if which.owner is None or (which.owner == "nobody" and caller.scope is Scope.ORGANISATION):
            return chain.from_iterable(in_status(self.documents, state) for state in states)
        return chain.from_iterable(
            placed(self.documents, place) for state in states for place in _lists(which, caller, state)
        )


def _lists(which: WhichTasks, caller: Caller, state: TaskStatus) -> Iterable[str]:
    if which.owner == "me":
        return [place_of(state, owner=caller.who)]
    return [place_of(state, team=team) for team in (None, *sorted(caller.teams))]


def _states(which: WhichTasks) -> Sequence[TaskStatus]:
    return OPEN if which.state is None else (which.state,)


def _fits(task: Task, which: WhichTasks, caller: Caller) -> bool:
    is_theirs = {None: True, "me": task.owner == caller.who, "nobody": task.owner is None}[which.owner]
    return is_theirs and task.status in _states(which) and lies_before(caller, task)


def place_in_line(task: Task) -> str:
    """Spell where a task stands among others, to be compared as text: when it is due, then its id."""
    due = task.due_at.astimezone(UTC).isoformat(timespec="microseconds") if task.due_at else _NO_DUE
    return f"{due}~{task.id}"


def _is_place(text: str) -> bool:
    """Say whether `place_in_line` may have spelt it: it has been in other people's hands."""
    due, _, task_id = text.partition("~")
    return bool(task_id) and (due == _NO_DUE or _DUE.fullmatch(due) is not None)
