"""Keep one line of the audit."""

from dataclasses import dataclass
from datetime import datetime

from shared.audit.documents import partition_of, recording
from shared.audit.model import RecordAudit
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class KeepAudit:
    """Write the entry, once; told again, `AlreadyExists` says that it stands."""

    documents: Documents

    def __call__(self, asked: RecordAudit, *, now: datetime) -> None:
        self.documents.commit(partition_of(asked), changes=[recording(asked, now=now)])
