"""A run through everything that is kept beside the record, stage by stage (UN-17)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from shared.fhir.instants import microseconds
from shared.kernel.documents import Document, Documents
from shared.kernel.refusals import Conflict, NotFound, Refusal

StageName = Literal["records", "matchings", "projections", "activities", "segments", "measures", "exports"]
StageStatus = Literal["queued", "running", "failure", "successful", "failed", "skipped", "cancelled"]

NEEDS: Mapping[StageName, frozenset[StageName]] = MappingProxyType(
    {
        "records": frozenset[StageName](),
        "matchings": frozenset[StageName]({"records"}),
        "projections": frozenset[StageName]({"records"}),
        "activities": frozenset[StageName]({"records"}),
        "segments": frozenset[StageName]({"projections"}),
        "measures": frozenset[StageName]({"projections", "activities"}),
        "exports": frozenset[StageName]({"segments", "measures"}),
    }
)
"""What must have come to a good end before each: what the record has changed; who is who; who was flattened
by an older table; what waits for its patient; who is in which segment; what the numbers are; what others
fetch of all that."""
STAGES: tuple[StageName, ...] = tuple(NEEDS)
OVER: frozenset[StageStatus] = frozenset({"successful", "failed", "skipped", "cancelled"})
MOST_ATTEMPTS = 8
RETRY_AFTER = timedelta(seconds=30)
LAST = timedelta(days=90)
SILENT_FOR = timedelta(minutes=30)
"""Nothing has come of a run for so long although a part could be done: longer than any part may take."""
PARTITION = "refreshes/organisation"
STATE = "refreshing~state"
_FAR_OFF = 10**17


class RefreshUnderWay(Conflict):
    """A refresh is under way already; one begins when the other is over."""


class RefreshIsOver(Conflict):
    """A refresh that is over cannot be cancelled."""


class NoSuchRefresh(NotFound):
    """There is no such refresh, or none any more."""


class StageTookTooLong(Refusal):
    """What a stage had asked for was not done within hours."""


class StageOverdue(Refusal):
    """Tried by itself, the stage gave no answer: what handles it fails, and the log says how."""


class StagePartFailed(Refusal):
    """Something that a stage had asked for has failed; the thing itself says why."""


@dataclass(frozen=True, slots=True)
class StageRun:
    """One stage of one run.

    A `failure` is tried again, what has `failed` is not; what comes after it is `skipped`. `problem` is the
    name of what stood in the way. `mark` is where the stage goes on, not before `not_before`.
    """

    name: StageName
    status: StageStatus = "queued"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    handled: int = 0
    attempts: int = 0
    problem: str | None = None
    mark: str | None = None
    not_before: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.status in OVER


@dataclass(frozen=True, slots=True)
class StageStep:
    """What a stage has done at one go, and where it goes on; None when it is through.

    `again_in`: what it waits for takes so long, and there is nothing to do before.
    """

    handled: int
    mark: str | None
    is_through: bool
    again_in: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RefreshRun:
    """One run; `step` counts what was done of it, and fences what is delivered late.

    `moved_at` is when something last came of it. `alone` is the stage that is tried by itself, after nothing
    came of those that were tried together.
    """

    id: str
    asked_by: str
    asked_at: datetime
    step: int = 0
    stages: tuple[StageRun, ...] = field(default_factory=lambda: tuple(StageRun(name) for name in STAGES))
    moved_at: datetime | None = None
    alone: StageName | None = None

    @property
    def is_over(self) -> bool:
        return all(stage.is_over for stage in self.stages)

    def ready(self, now: datetime) -> Sequence[StageRun]:
        """Give the stages of which a part can be done now: several, where none needs another."""
        return [stage for stage in self._tried() if stage.not_before is None or stage.not_before <= now]

    def goes_on_at(self, now: datetime) -> datetime | None:
        """Give when there is something to do again; None at once."""
        due = [stage.not_before for stage in self._tried()]
        times = [one for one in due if one is not None and one > now]
        return min(times) if times and len(times) == len(due) else None

    def is_overdue(self, now: datetime) -> bool:
        """Say whether a part could have been done all that time, and none was."""
        if self.is_over:
            return False
        since = min((stage.not_before or self.asked_at for stage in self._tried()), default=self.asked_at)
        return now - max(since, self.moved_at or self.asked_at) >= SILENT_FOR

    def unstuck(self, now: datetime) -> "RefreshRun":
        """Give it, overdue, so that it goes on: with one stage by itself, or without the one that was."""
        first = self._tried()[0]
        if first.name != self.alone:
            return replace(self, step=self.step + 1, moved_at=now, alone=first.name)
        failed = replace(
            first,
            status="failed",
            started_at=first.started_at or now,
            ended_at=now,
            problem=StageOverdue.__name__,
            not_before=None,
        )
        return replace(self.having([failed], now), alone=None)

    def having(self, stages: Sequence[StageRun], now: datetime) -> "RefreshRun":
        """Give it with these stages as they now are, one step on; what needs one that failed is skipped."""
        changed = {stage.name: stage for stage in stages}
        after = [changed.get(each.name, each) for each in self.stages]
        lost: set[StageName] = set()
        for place, each in enumerate(after):
            if not each.is_over and NEEDS[each.name] & lost:
                after[place] = replace(each, status="skipped")
            if after[place].is_over and after[place].status != "successful":
                lost.add(each.name)
        run = replace(self, step=self.step + 1, stages=tuple(after), moved_at=now)
        return replace(run, alone=run.next_alone())

    def ended(self, status: StageStatus, problem: str | None, now: datetime) -> "RefreshRun":
        """Give it with all that was not over ended so."""
        return replace(
            self,
            step=self.step + 1,
            moved_at=now,
            alone=None,
            stages=tuple(
                each if each.is_over else replace(each, status=status, problem=problem, ended_at=now)
                for each in self.stages
            ),
        )

    def next_alone(self) -> StageName | None:
        """Give which is tried by itself after the one that has answered; None when all have had a turn."""
        if self.alone is None:
            return None
        left: list[StageName] = [stage.name for stage in self._allowed()]
        return next((name for name in left if STAGES.index(name) > STAGES.index(self.alone)), None)

    def _tried(self) -> Sequence[StageRun]:
        """Give the stages that are tried now: all that may go on, or the one that is tried by itself."""
        allowed = self._allowed()
        return [stage for stage in allowed if stage.name == self.alone] or allowed

    def _allowed(self) -> Sequence[StageRun]:
        there = {stage.name for stage in self.stages}  # an older version's run has fewer
        done = {stage.name for stage in self.stages if stage.status == "successful"}
        return [stage for stage in self.stages if not stage.is_over and NEEDS[stage.name] & there <= done]


@dataclass(frozen=True, slots=True)
class Refreshing:
    """Which run is under way, and how far each stage has ever come."""

    running: str | None = None
    marks: Mapping[StageName, str] = field(default_factory=dict[StageName, str])


def run_name(asked_at: datetime, made: str) -> str:
    """Name a run so that the latest stands first."""
    return f"{_FAR_OFF - microseconds(asked_at):018d}-{made[:12]}"


def run_id(name: str) -> str:
    return f"refresh~{name}"


def refreshing(documents: Documents) -> Document[Refreshing] | None:
    """Give what is under way, or None before the first run."""
    return documents.look(PARTITION, STATE, Refreshing)


def advanced(stage: StageRun, step: StageStep, now: datetime) -> StageRun:
    """Give the stage after one go."""
    return replace(
        stage,
        status="successful" if step.is_through else "running",
        started_at=stage.started_at or now,
        ended_at=now if step.is_through else None,
        handled=stage.handled + step.handled,
        attempts=0,
        problem=None,
        mark=step.mark,
        not_before=now + step.again_in if step.again_in is not None else None,
    )


def faltered(stage: StageRun, problem: str, now: datetime, *, for_good: bool) -> StageRun:
    """Give the stage after what stood in its way: to be tried again, or not after so many times."""
    attempts = stage.attempts + 1
    is_final = for_good or attempts >= MOST_ATTEMPTS
    return replace(
        stage,
        status="failed" if is_final else "failure",
        started_at=stage.started_at or now,
        ended_at=now if is_final else None,
        attempts=attempts,
        problem=problem,
        not_before=None if is_final else now + RETRY_AFTER * 2 ** (attempts - 1),
    )
