"""Keep room with a representative for work that waits."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.announcements import Announcement
from shared.kernel.documents import Document, Documents, Replace, announcing, replacing
from shared.routing.capacity import has_already, reserved
from shared.routing.documents import representative_at, representative_partition, settled_id
from shared.routing.model import AssignWork, CapacityReserved, NotTaken, ReserveCapacity
from shared.routing.representatives import Representative
from shared.routing.settled_rounds import Settled


@dataclass(frozen=True, slots=True)
class ReservingCapacity:
    """Decides, in the one place that knows, whether somebody has room; then says so to the queue.

    A reservation ends by itself. Where there is no room, the queue is told at once to ask others.
    """

    documents: Documents

    def __call__(self, asked: ReserveCapacity, *, now: datetime) -> None:
        """Keep room or say that there is none, or raise `NoSuchRepresentative`."""
        found = representative_at(self.documents, asked.representative_id)
        if has_already(found.body, asked, now) or self._is_settled(found, asked):
            return
        after = reserved(found.body, asked, now)
        if after is None:
            self.documents.commit(found.partition, announcements=[_refused(found, asked, now)])
            return
        write = replacing(found, after)
        self.documents.commit(found.partition, changes=[write], announcements=[_told(write, after, asked)])

    def _is_settled(self, found: Document[Representative], asked: ReserveCapacity) -> bool:
        """Say whether this stay came to its end with them before: a late word must not begin it again."""
        mark = self.documents.look(
            representative_partition(found.body.id), settled_id(asked.work_id), Settled
        )
        return mark is not None and mark.body.round >= asked.round


def _told(write: Replace, after: Representative, asked: ReserveCapacity) -> Announcement:
    until = next(
        each.until
        for each in after.holdings
        if (each.work_id, each.round) == (asked.work_id, asked.round) and each.until is not None
    )
    content = CapacityReserved(
        asked.representative_id,
        asked.queue_id,
        asked.work_id,
        asked.round,
        until,
        after.who,
        after.display_name,
    )
    named = f"{asked.representative_id}~{asked.work_id}~{asked.round}~{write.version}"
    return announcing(content, of=write, named=named)


def _refused(found: Document[Representative], asked: ReserveCapacity, now: datetime) -> Announcement:
    """Tell the queue; named by the moment, since the same may be asked and refused again later."""
    told = NotTaken(asked.work_id, asked.round, asked.representative_id, found.version)
    content = AssignWork(asked.queue_id, told)
    named = f"{asked.queue_id}~{asked.work_id}~{asked.round}~{asked.representative_id}~{now.isoformat()}"
    return announcing(content, of=found, named=named)
