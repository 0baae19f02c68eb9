"""Write the next part of an export (UN-17)."""

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime

from shared.audit.announced import audited
from shared.exports.clinical import is_of_health
from shared.exports.definitions import Export
from shared.exports.documents import (
    ExportRun,
    Part,
    Standing,
    export_at,
    export_partition,
    failed,
    run_of,
    standing_of,
)
from shared.exports.manifest import manifest_of
from shared.exports.model import AdvanceExport, ExportStopped, OnlyByClinicalStaff
from shared.exports.ports import MANIFEST, ExportFiles, ExportTables
from shared.exports.read_rows import ReadRows
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Change, Document, Documents, announcing, replacing
from shared.kernel.refusals import Refusal
from shared.measures.model import ValuesMovedOn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AdvanceExportRun:
    """Writes one part and commits that it is there; at the end the manifest, and takes older runs away.

    Told again, or late, its step has passed and nothing is done. A part is named for what is in it, so that
    one that was written and not committed is never taken for another. What a rule says no to ends the run;
    its files go, and the former runs stay.
    """

    documents: Documents
    read_rows: ReadRows
    tables: ExportTables
    files: ExportFiles

    def __call__(self, asked: AdvanceExport, *, now: datetime) -> None:
        """Do so, or raise `TransientFault`: it comes again."""
        found = run_of(self.documents, asked.export_id, asked.run_id)
        if found is not None and found.body.status == "failed":  # by another's hand, while a part was written
            self.files.take_away(asked.export_id, asked.run_id)
        if found is None or found.body.is_over or found.body.step != asked.step:
            return
        try:
            after = self._advanced(found.body, now)
        except Refusal as refusal:
            self.files.take_away(asked.export_id, asked.run_id)
            after = failed(found.body, now, problem=type(refusal).__name__)
        self._commit(found, after, now)
        log.info(
            "exports.run.advanced",
            extra={"export": after.export_id, "run": after.id, "status": after.status, "rows": after.rows},
        )

    def _advanced(self, run: ExportRun, now: datetime) -> ExportRun:
        export = export_at(self.documents, run.export_id).body
        if export.state != "live" or export.version != run.version:
            raise ExportStopped
        is_clinical = run.is_clinical or is_of_health(self.documents, export.what)
        _require_allowed(export, is_clinical=is_clinical)
        run = replace(run, is_clinical=is_clinical)
        return self._finished(export, run, now) if run.is_read else self._read(export, run, now)

    def _read(self, export: Export, run: ExportRun, now: datetime) -> ExportRun:
        try:
            read = self.read_rows(export, run.mark, now=now)
        except ValuesMovedOn:  # all parts are of one working out: begin with the first
            return replace(run, step=run.step + 1, moved_at=now, mark=None, parts=())
        is_clinical = run.is_clinical or read.is_clinical
        _require_allowed(export, is_clinical=is_clinical)
        columns = self.read_rows.columns(export)
        content = self.tables.spelt(export.format, columns, read.rows)
        digest = hashlib.sha256(content).hexdigest()
        name = f"part-{len(run.parts) + 1:05}-{digest[:16]}.{export.format}"
        self.files.put(export.id, run.id, name, content)
        return replace(
            run,
            status="running",
            step=run.step + 1,
            moved_at=now,
            mark=read.next,
            is_read=read.next is None,
            is_clinical=is_clinical,
            columns=columns,
            parts=(*run.parts, Part(name, len(read.rows), len(content), digest)),
        )

    def _finished(self, export: Export, run: ExportRun, now: datetime) -> ExportRun:
        self.files.put(export.id, run.id, MANIFEST, manifest_of(export, run, now=now))
        named = {part.name for part in run.parts}
        self.files.take_away(export.id, run.id, but={*named, MANIFEST})
        self._make_room(export, run.id)
        return replace(run, status="successful", step=run.step + 1, moved_at=now, ended_at=now)

    def _make_room(self, export: Export, latest: str) -> None:
        """Take away the earliest runs beyond those that are kept, and what is left of those that failed.

        One that came after is under way: this one was ended meanwhile.
        """
        former = [one for one in self.files.runs(export.id) if one < latest]
        whole = [one for one in former if MANIFEST in self.files.names(export.id, one)]
        kept = whole[max(0, len(whole) - export.keep + 1) :]
        for one in former:
            if one not in kept:
                self.files.take_away(export.id, one)

    def _commit(self, found: Document[ExportRun], after: ExportRun, now: datetime) -> None:
        write = replacing(found, after, expires_at=found.expires_at)
        changes: list[Change] = [write]
        told: list[Announcement] = []
        if after.is_over:
            standing = standing_of(self.documents, after.export_id)
            if standing is not None and standing.body.running == after.id:
                changes.append(replacing(standing, Standing(None, standing.body.latest)))
            what = "write_export" if after.status == "successful" else "fail_export"
            subject = f"export/{after.export_id}"
            named = f"{after.id}~over"
            told.append(
                audited(write, what=what, subject=subject, who=after.asked_by, now=now, entry_id=named)
            )
        else:
            content = AdvanceExport(after.export_id, after.id, after.step)
            told.append(announcing(content, of=write, named=f"{after.id}~{after.step}"))
        self.documents.commit(export_partition(after.export_id), changes=changes, announcements=told)


def _require_allowed(export: Export, *, is_clinical: bool) -> None:
    """Raise `OnlyByClinicalStaff` where it would hold what its maker may not see."""
    if is_clinical and not export.may_be_clinical:
        raise OnlyByClinicalStaff
