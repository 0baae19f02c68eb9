"""Take away what is left of somebody in exports that lie there."""

from dataclasses import dataclass
from datetime import datetime

from shared.exports.definitions import Format
from shared.exports.documents import (
    Standing,
    export_partition,
    exports_in_state,
    failed,
    run_of,
    standing_of,
)
from shared.exports.model import ExportStopped
from shared.exports.ports import MANIFEST, ExportFiles, ExportTables
from shared.kernel.documents import Documents, replacing
from shared.kernel.identity import PatientId

FORMATS: dict[str, Format] = {"csv": "csv", "parquet": "parquet"}


@dataclass(frozen=True, slots=True)
class ForgetInExports:
    """Takes every run away, whole, in which the patient stands, and ends one under way; the next is anew.

    Whoever fetched one before has it: they are told by the missing manifest, and by nothing else.
    """

    documents: Documents
    files: ExportFiles
    tables: ExportTables

    def __call__(self, patient_id: PatientId, *, now: datetime) -> None:
        for export in exports_in_state(self.documents, None):
            self._end(export.id, now)
            for run in self.files.runs(export.id):
                if self._names(export.id, run, patient_id):
                    self.files.take_away(export.id, run)

    def _end(self, export_id: str, now: datetime) -> None:
        """End the run under way: it may have read the patient already."""
        standing = standing_of(self.documents, export_id)
        if standing is None or standing.body.running is None:
            return
        found = run_of(self.documents, export_id, standing.body.running)
        changes = [replacing(standing, Standing(None, standing.body.latest))]
        if found is not None:
            ended = failed(found.body, now, problem=ExportStopped.__name__)
            changes.append(replacing(found, ended, expires_at=found.expires_at))
            self.files.take_away(export_id, found.body.id)
        self.documents.commit(export_partition(export_id), changes=changes)

    def _names(self, export_id: str, run: str, patient_id: PatientId) -> bool:
        for name in self.files.names(export_id, run):
            if name == MANIFEST:
                continue
            format_ = FORMATS.get(name.rpartition(".")[2])
            if format_ is None:  # begun by a process that was killed: it may name anybody
                return True
            content = self.files.content(export_id, run, name)
            if content is not None and self.tables.names(format_, content, patient_id):
                return True
        return False
