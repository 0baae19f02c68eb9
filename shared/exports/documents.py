"""Where exports and their runs are kept, and how they are found."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from shared.exports.definitions import Export, ExportState
from shared.exports.model import NoSuchExport
from shared.exports.ports import ExportColumn
from shared.fhir.instants import microseconds
from shared.kernel.documents import Document, Documents, Index
from shared.kernel.refusals import NotFound

STATE = Index("export", "state")
"""Which exports are live; versions of old are of another kind and not among them."""
INDEXES = (STATE,)

CURRENT = "export~current"
STANDING = "standing~current"
_FAR_OFF = 10**17

RunStatus = Literal["queued", "running", "successful", "failed"]


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a run."""

    name: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ExportRun:
    """One run; `step` counts what was done of it, and fences what is delivered late.

    `mark` is where its next part begins, `is_read` says that there is none. `is_clinical`: what it holds
    speaks of somebody's health. `problem` is the name of what stood in the way.
    """

    id: str
    export_id: str
    version: int
    asked_by: str
    asked_at: datetime
    moved_at: datetime
    status: RunStatus = "queued"
    step: int = 0
    mark: str | None = None
    is_read: bool = False
    is_clinical: bool = False
    columns: tuple[ExportColumn, ...] = ()
    parts: tuple[Part, ...] = field(default_factory=tuple)
    as_of: datetime | None = None
    ended_at: datetime | None = None
    problem: str | None = None

    @property
    def is_over(self) -> bool:
        return self.status in ("successful", "failed")

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)


@dataclass(frozen=True, slots=True)
class Standing:
    """Which run is under way, and which was the last to begin."""

    running: str | None
    latest: str


def export_partition(export_id: str) -> str:
    return f"export/{export_id}"


def version_id(version: int) -> str:
    return f"version~{version}"


def run_name(asked_at: datetime, made: str) -> str:
    """Name a run so that the earliest stands first, in folders."""
    return f"{microseconds(asked_at):018d}-{made[:12]}"


def run_id(name: str) -> str:
    """Name its document so that the latest stands first."""
    at, _, made = name.partition("-")
    return f"run~{_FAR_OFF - int(at):018d}-{made}"


def export_at(documents: Documents, export_id: str) -> Document[Export]:
    """Read an export as it now is. Raises `NoSuchExport`."""
    try:
        return documents.read(export_partition(export_id), CURRENT, Export)
    except NotFound:
        raise NoSuchExport from None


def standing_of(documents: Documents, export_id: str) -> Document[Standing] | None:
    return documents.look(export_partition(export_id), STANDING, Standing)


def run_of(documents: Documents, export_id: str, name: str) -> Document[ExportRun] | None:
    return documents.look(export_partition(export_id), run_id(name), ExportRun)


def latest_run(documents: Documents, export_id: str) -> ExportRun | None:
    standing = standing_of(documents, export_id)
    found = run_of(documents, export_id, standing.body.latest) if standing else None
    return found.body if found else None


def exports_in_state(documents: Documents, state: ExportState | None) -> Iterator[Export]:
    """Give all exports in one state, or all, page after page."""
    after: str | None = None
    while True:
        page = documents.find(STATE, Export, equal_to=state, after=after)
        yield from (found.body for found in page.items)
        after = page.next
        if after is None:
            return


def failed(run: ExportRun, now: datetime, *, problem: str) -> ExportRun:
    """Give a run that came to nothing; `problem` names what stood in the way. It marks nobody any more."""
    return replace(
        run,
        status="failed",
        step=run.step + 1,
        moved_at=now,
        ended_at=now,
        mark=None,
        problem=problem,
        parts=(),
    )
