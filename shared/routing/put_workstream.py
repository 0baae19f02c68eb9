"""Keep a workstream as its maker wants it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, as_seen, replacing
from shared.kernel.refusals import Nonsense
from shared.routing.definitions import drafted_workstream
from shared.routing.documents import QUEUE, WORKSTREAM, queue_partition, workstream_partition
from shared.routing.queues import WorkQueue
from shared.routing.workstreams import (
    Workstream,
    WorkstreamChangedMeanwhile,
    WorkstreamDraft,
    WorkstreamIsThere,
)


@dataclass(frozen=True, slots=True)
class KeptWorkstream:
    """The workstream as kept, with the etag to change it by."""

    workstream: Workstream
    etag: str


@dataclass(frozen=True, slots=True)
class PutWorkstream:
    """Writes the workstream as it now is; talks that begin from now on follow it.

    One that is there is changed only by whoever has seen it. It speaks of no queue that is not there.
    """

    documents: Documents

    def __call__(
        self,
        draft: WorkstreamDraft,
        *,
        workstream_id: str,
        caller: Caller,
        now: datetime,
        if_match: str | None,
    ) -> KeptWorkstream:
        """Keep it, or raise `Nonsense`, `WorkstreamIsThere` or `WorkstreamChangedMeanwhile`."""
        partition = workstream_partition(workstream_id)
        before = self.documents.look(partition, WORKSTREAM, Workstream)
        as_seen(before, if_match, is_there=WorkstreamIsThere, changed=WorkstreamChangedMeanwhile)
        workstream = drafted_workstream(workstream_id, draft, before.body if before else None)
        missing = list(self._missing(workstream))
        if missing:
            raise Nonsense(*missing)
        write = replacing(before, workstream) if before else Create(WORKSTREAM, workstream)
        told = audited(
            write, what="put_workstream", subject=f"workstream/{workstream_id}", who=caller.who, now=now
        )
        etags = self.documents.commit(partition, changes=[write], announcements=[told])
        return KeptWorkstream(workstream, etags[WORKSTREAM])

    def _missing(self, workstream: Workstream) -> Iterator[tuple[str, str]]:
        """Name the queues that it speaks of and that are not there."""
        named = {
            f"routes.{number}.queue_id": route.queue_id for number, route in enumerate(workstream.routes)
        }
        for field, queue_id in (("fallback_queue_id", workstream.fallback_queue_id), *named.items()):
            if self.documents.look(queue_partition(queue_id), QUEUE, WorkQueue) is None:
                yield field, "no such queue"
