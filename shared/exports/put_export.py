"""Keep an export as its maker wants it."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller, may_read_clinical
from shared.audit.announced import audited
from shared.exports.clinical import is_of_health
from shared.exports.definitions import Export, ExportDraft, Members, drafted
from shared.exports.documents import CURRENT, export_partition, version_id
from shared.exports.model import ExportChangedMeanwhile, ExportIsThere, OnlyByClinicalStaff
from shared.kernel.documents import Create, Documents, as_seen, replacing
from shared.kernel.refusals import Nonsense
from shared.measures.model import NoSuchMeasure
from shared.segments.model import NoSuchSegment


@dataclass(frozen=True, slots=True)
class KeptExport:
    """The export as kept, with the etag to change it by."""

    export: Export
    etag: str


@dataclass(frozen=True, slots=True)
class PutExport:
    """Writes the export as it now is, and its next version; what is live is run in every refresh.

    Whoever may see nothing clinical makes none of what is, and none that holds it once its segment does.
    """

    documents: Documents

    def __call__(
        self, draft: ExportDraft, *, export_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptExport:
        """Keep it, or raise `Nonsense`, `OnlyByClinicalStaff` or one of two that say it is not as seen."""
        partition = export_partition(export_id)
        before = self.documents.look(partition, CURRENT, Export)
        as_seen(before, if_match, is_there=ExportIsThere, changed=ExportChangedMeanwhile)
        version = before.body.version + 1 if before else 1
        may_be_clinical = may_read_clinical(caller)
        export = drafted(export_id, draft, version, may_be_clinical=may_be_clinical)
        if self._is_of_health(export) and not may_be_clinical:
            raise OnlyByClinicalStaff
        write = replacing(before, export) if before else Create(CURRENT, export)
        told = audited(write, what="put_export", subject=f"export/{export_id}", who=caller.who, now=now)
        changes = [write, Create(version_id(version), export)]
        etags = self.documents.commit(partition, changes=changes, announcements=[told])
        return KeptExport(export, etags[CURRENT])

    def _is_of_health(self, export: Export) -> bool:
        try:
            return is_of_health(self.documents, export.what)
        except (NoSuchSegment, NoSuchMeasure):
            named = "segment_id" if isinstance(export.what, Members) else "measure_id"
            raise Nonsense((f"what.{named}", "there is none such")) from None
