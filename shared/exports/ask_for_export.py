"""Have an export run now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.exports.documents import (
    STANDING,
    ExportRun,
    Standing,
    export_at,
    export_partition,
    failed,
    run_id,
    run_name,
    run_of,
    standing_of,
)
from shared.exports.model import AdvanceExport, ExportIsNotLive, ExportOverdue
from shared.exports.read_export import RunShown, run_shown
from shared.kernel.documents import Change, Create, Document, Documents, announcing, replacing, unchanged
from shared.kernel.refusals import AlreadyExists, LostRace

SILENT_FOR = timedelta(hours=6)
LAST = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class AskForExport:
    """Begins a run of a live export, unless one is under way that has moved within hours."""

    documents: Documents

    def __call__(self, *, export_id: str, made: str, caller: Caller, now: datetime) -> RunShown:
        """Give how the run stands, or raise `NoSuchExport` or `ExportIsNotLive`; `made` makes its name."""
        found = export_at(self.documents, export_id)
        if found.body.state != "live":
            raise ExportIsNotLive
        standing = standing_of(self.documents, export_id)
        under_way = self._under_way(export_id, standing)
        if under_way is not None and now - under_way.body.moved_at < SILENT_FOR:
            return run_shown(under_way.body, caller)
        run = ExportRun(run_name(now, made), export_id, found.body.version, caller.who, now, now)
        create = Create(run_id(run.id), run, now + LAST)
        after = Standing(run.id, run.id)
        changes: list[Change] = [create, replacing(standing, after) if standing else Create(STANDING, after)]
        if under_way is not None:
            given_up = failed(under_way.body, now, problem=ExportOverdue.__name__)
            changes.append(replacing(under_way, given_up, expires_at=under_way.expires_at))
        told = audited(
            create, what="run_export", subject=f"export/{export_id}", who=caller.who, now=now, entry_id=run.id
        )
        first = announcing(AdvanceExport(export_id, run.id, run.step), of=create, named=f"{run.id}~0")
        try:
            self.documents.commit(
                export_partition(export_id),
                changes=changes,
                unchanged=[unchanged(found)],
                announcements=[told, first],
            )
        except AlreadyExists:  # somebody else has begun one at this moment
            raise LostRace from None
        return run_shown(run, caller)

    def _under_way(self, export_id: str, standing: Document[Standing] | None) -> Document[ExportRun] | None:
        if standing is None or standing.body.running is None:
            return None
        return run_of(self.documents, export_id, standing.body.running)
