"""Let work wait in a queue until somebody takes it."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import (
    Change,
    Create,
    Document,
    Documents,
    Replace,
    announcing,
    deleting,
    replacing,
)
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.routing.documents import keeping_stay, queue_partition, waiting_at, waiting_id
from shared.routing.model import AssignWork, OfferWork
from shared.routing.waiting import Stay, WaitingWork, entered


@dataclass(frozen=True, slots=True)
class OfferingWork:
    """Begins a stay in a queue, once; told late or twice, it changes nothing.

    Word that the stay is over may be quicker than word that it began: then it never begins. A queue that is
    not there keeps the work all the same, until somebody makes one.
    """

    documents: Documents

    def __call__(self, offer: OfferWork, *, now: datetime) -> None:
        stay, waiting = waiting_at(self.documents, offer.queue_id, offer.work_id)
        if stay is not None and stay.body.round >= offer.round:
            return
        write, moved_away = _written(waiting, entered(offer, now))
        here = Stay(offer.work_id, offer.round, is_over=False, waiting_id=write.id)
        changes: list[Change] = [write, *moved_away, keeping_stay(stay, here, now)]
        named = f"{offer.queue_id}~{offer.work_id}~{offer.round}"
        told = announcing(AssignWork(offer.queue_id), of=write, named=named)
        try:
            self.documents.commit(queue_partition(offer.queue_id), changes=changes, announcements=[told])
        except AlreadyExists:  # begun, or ended, in this very moment
            raise LostRace from None


def _written(
    before: Document[WaitingWork] | None, work: WaitingWork
) -> tuple[Create | Replace, list[Change]]:
    """Write it at its place, and take it away from where it waited before, if that was another."""
    id_ = waiting_id(work)
    if before is not None and before.id == id_:
        return replacing(before, work), []
    return Create(id_, work), [deleting(before)] if before else []
