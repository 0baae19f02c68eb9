"""Keep a queue as its maker wants it."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.model import RecordAudit
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Document, Documents, Replace, announcing, replacing
from shared.routing.definitions import drafted_queue
from shared.routing.documents import QUEUE, asking_for_assignment, queue_partition
from shared.routing.queues import QueueChangedMeanwhile, QueueIsThere, WorkQueue, WorkQueueDraft


@dataclass(frozen=True, slots=True)
class KeptQueue:
    """The queue as kept, with the etag to change it by."""

    queue: WorkQueue
    etag: str


@dataclass(frozen=True, slots=True)
class PutQueue:
    """Writes the queue as it now is; whoever is new among its members is asked at once (RT-8).

    One that is there is changed only by whoever has seen it.
    """

    documents: Documents

    def __call__(
        self, draft: WorkQueueDraft, *, queue_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptQueue:
        """Keep it, or raise `Nonsense`, or what `_refuse` raises."""
        partition = queue_partition(queue_id)
        before = self.documents.look(partition, QUEUE, WorkQueue)
        _refuse(before, if_match)
        queue = drafted_queue(queue_id, draft, before.body if before else None)
        write = replacing(before, queue) if before else Create(QUEUE, queue)
        etags = self.documents.commit(
            partition,
            changes=[write],
            announcements=[asking_for_assignment(queue_id, of=write), _audited(write, queue, caller, now)],
        )
        return KeptQueue(queue, etags[QUEUE])


def _refuse(before: Document[WorkQueue] | None, if_match: str | None) -> None:
    """Raise `QueueIsThere` or `QueueChangedMeanwhile`."""
    if if_match is not None and (before is None or before.etag != if_match):
        raise QueueChangedMeanwhile
    if if_match is None and before is not None:
        raise QueueIsThere


def _audited(write: Create | Replace, queue: WorkQueue, caller: Caller, now: datetime) -> Announcement:
    entry_id = f"queue~{queue.id}~{write.version}"
    entry = RecordAudit(
        entry_id=entry_id, at=now, who=caller.who, what="put_queue", subject=f"queue/{queue.id}"
    )
    return announcing(entry, of=write, named=entry_id)
