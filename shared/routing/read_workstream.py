"""Show one workstream."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.routing.documents import workstream_document
from shared.routing.put_workstream import KeptWorkstream


@dataclass(frozen=True, slots=True)
class ReadWorkstream:
    """Gives a workstream as it now is, and the etag to change it by."""

    documents: Documents

    def __call__(self, *, workstream_id: str) -> KeptWorkstream:
        """Give it, or raise `NoSuchWorkstream`."""
        found = workstream_document(self.documents, workstream_id)
        return KeptWorkstream(found.body, found.etag)
