"""A run through everything that is kept beside the record, stage by stage (UN-17)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from shared.fhir.instants import microseconds
from shared.kernel.documents import Document, Documents
from shared.kernel.refusals import Conflict

StageName = Literal["records", "projections", "segments"]
StageStatus = Literal["queued", "running", "failure", "successful", "failed", "skipped"]

STAGES: tuple[StageName, ...] = ("records", "projections", "segments")
"""What the record has changed, who was flattened by an older table, and who is in which segment."""
OVER: frozenset[StageStatus] = frozenset({"successful", "failed", "skipped"})
MOST_ATTEMPTS = 8
LAST = timedelta(days=90)
PARTITION = "refreshes/organisation"
STATE = "refreshing~state"
_FAR_OFF = 10**17


class RefreshUnderWay(Conflict):
    """A refresh is under way already; one begins when the other is over."""


@dataclass(frozen=True, slots=True)
class StageRun:
    """One stage of one run.

    A `failure` is tried again, what has `failed` is not; what comes after it is `skipped`. `problem` is the
    name of what stood in the way. `mark` is where the stage goes on.
    """

    name: StageName
    status: StageStatus = "queued"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    handled: int = 0
    attempts: int = 0
    problem: str | None = None
    mark: str | None = None

    @property
    def is_over(self) -> bool:
        return self.status in OVER


@dataclass(frozen=True, slots=True)
class StageStep:
    """What a stage has done at one go, and where it goes on; None when it is through."""

    handled: int
    mark: str | None
    is_through: bool


@dataclass(frozen=True, slots=True)
class RefreshRun:
    """One run; `step` counts what was done of it, and fences what is delivered late."""

    id: str
    asked_by: str
    asked_at: datetime
    step: int = 0
    stages: tuple[StageRun, ...] = field(default_factory=lambda: tuple(StageRun(name) for name in STAGES))

    @property
    def current(self) -> StageRun | None:
        return next((stage for stage in self.stages if not stage.is_over), None)

    def having(self, stage: StageRun) -> "RefreshRun":
        """Give it with this stage as it is now, one step on; after a failed one the others are skipped."""
        stages = [stage if each.name == stage.name else each for each in self.stages]
        if stage.status == "failed":
            stages = [each if each.is_over else replace(each, status="skipped") for each in stages]
        return replace(self, step=self.step + 1, stages=tuple(stages))


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
    )
