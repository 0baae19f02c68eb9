"""Show one queue."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.routing.documents import queue_at
from shared.routing.put_queue import KeptQueue


@dataclass(frozen=True, slots=True)
class ReadQueue:
    """Gives a queue as it now is, and the etag to change it by."""

    documents: Documents

    def __call__(self, *, queue_id: str) -> KeptQueue:
        """Give it, or raise `NoSuchQueue`."""
        found = queue_at(self.documents, queue_id)
        return KeptQueue(found.body, found.etag)
