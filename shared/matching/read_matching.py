"""Show one definition."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.matching.documents import matching_at
from shared.matching.put_matching import KeptMatching


@dataclass(frozen=True, slots=True)
class ReadMatching:
    """Gives a definition and the etag to change it by."""

    documents: Documents

    def __call__(self, *, matching_id: str) -> KeptMatching:
        """Give it, or raise `NoSuchMatching`."""
        found = matching_at(self.documents, matching_id)
        return KeptMatching(found.body, found.etag)
