"""Show one export."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller, may_read_clinical
from shared.exports.definitions import Export
from shared.exports.documents import ExportRun, RunStatus, export_at, latest_run
from shared.kernel.documents import Document, Documents


@dataclass(frozen=True, slots=True)
class RunShown:
    """How a run stands; `rows` is None for whoever may not know how many people a clinical one names."""

    id: str
    version: int
    status: RunStatus
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    seconds: float | None
    rows: int | None
    parts: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class ExportShown:
    """An export as it now is, how its last run stands, and the etag to change it by."""

    export: Export
    latest: RunShown | None
    etag: str


@dataclass(frozen=True, slots=True)
class ReadExport:
    """Gives an export; what is in its files is at the place where they lie, and not here."""

    documents: Documents

    def __call__(self, *, export_id: str, caller: Caller) -> ExportShown:
        """Give it, or raise `NoSuchExport`."""
        return shown(self.documents, export_at(self.documents, export_id), caller)


def shown(documents: Documents, found: Document[Export], caller: Caller) -> ExportShown:
    latest = latest_run(documents, found.body.id)
    return ExportShown(found.body, run_shown(latest, caller) if latest else None, found.etag)


def run_shown(run: ExportRun, caller: Caller) -> RunShown:
    """Show a run as far as the caller may know of it."""
    may_count = may_read_clinical(caller) or not run.is_clinical
    return RunShown(
        run.id,
        run.version,
        run.status,
        run.asked_by,
        run.asked_at,
        run.ended_at,
        (run.ended_at - run.asked_at).total_seconds() if run.ended_at else None,
        run.rows if may_count else None,
        len(run.parts),
        run.problem,
    )
