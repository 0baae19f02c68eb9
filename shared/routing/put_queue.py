"""Keep a queue as its maker wants it."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, as_seen, replacing
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
        """Keep it, or raise `Nonsense`, `QueueIsThere` or `QueueChangedMeanwhile`."""
        partition = queue_partition(queue_id)
        before = self.documents.look(partition, QUEUE, WorkQueue)
        as_seen(before, if_match, is_there=QueueIsThere, changed=QueueChangedMeanwhile)
        queue = drafted_queue(queue_id, draft, before.body if before else None)
        write = replacing(before, queue) if before else Create(QUEUE, queue)
        told = [
            asking_for_assignment(queue_id, of=write),
            audited(write, what="put_queue", subject=f"queue/{queue_id}", who=caller.who, now=now),
        ]
        etags = self.documents.commit(partition, changes=[write], announcements=told)
        return KeptQueue(queue, etags[QUEUE])
