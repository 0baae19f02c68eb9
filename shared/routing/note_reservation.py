"""Hold work out to whoever keeps room for it."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.announcements import Announcement
from shared.kernel.documents import Document, Documents, Replace, announcing, replacing
from shared.routing.documents import queue_partition, stay_id, waiting_at
from shared.routing.model import CapacityReserved, SettleCapacity, WorkOffered
from shared.routing.waiting import WaitingWork, is_offered_so, offered_to


@dataclass(frozen=True, slots=True)
class NoteReservation:
    """Makes an offer of a reservation, or gives the room back: the work is gone, or somebody was quicker."""

    documents: Documents

    def __call__(self, kept: CapacityReserved, *, now: datetime) -> None:
        partition = queue_partition(kept.queue_id)
        _, found = waiting_at(self.documents, kept.queue_id, kept.work_id)
        if found is not None and is_offered_so(found.body, kept):
            return
        after = offered_to(found.body, kept, now) if found else None
        if found is None or after is None:
            self.documents.commit(partition, announcements=[_elsewhere(kept, found)])
            return
        write = replacing(found, after)
        self.documents.commit(partition, changes=[write], announcements=[_offered(write, kept)])


def _offered(write: Replace, kept: CapacityReserved) -> Announcement:
    content = WorkOffered(
        kept.work_id,
        kept.round,
        kept.queue_id,
        kept.representative_id,
        kept.who,
        kept.display_name.value,
        kept.until,
    )
    return announcing(content, of=write, named=f"{kept.queue_id}~{kept.work_id}~{kept.round}~{write.version}")


def _elsewhere(kept: CapacityReserved, found: Document[WaitingWork] | None) -> Announcement:
    """Give the room back, that of this reservation only: a later one for the same work may stand."""
    content = SettleCapacity(kept.representative_id, kept.work_id, kept.round, "elsewhere", until=kept.until)
    named = f"{kept.representative_id}~{kept.work_id}~{kept.round}~{kept.until.isoformat()}"
    return Announcement(content, named, (stay_id(kept.work_id), found.version if found else 0))
