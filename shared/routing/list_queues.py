"""Show the queues there are."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.routing.documents import QUEUES
from shared.routing.queues import WorkQueue


@dataclass(frozen=True, slots=True)
class WhichQueues:
    """Which to show; `after` is a former answer's `next`."""

    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class QueuesFound:
    """One page of queues."""

    queues: tuple[WorkQueue, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListQueues:
    """Gives queues in order of their priority, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichQueues) -> QueuesFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(QUEUES, WorkQueue, limit=limit, after=which.after)
        return QueuesFound(tuple(found.body for found in page.items), page.next)
