"""Let work wait in a queue until somebody takes it."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Change, Create, Documents, replacing
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.routing.documents import (
    asking_for_assignment,
    keeping_stay,
    queue_partition,
    waiting_at,
    waiting_id,
)
from shared.routing.model import OfferWork
from shared.routing.waiting import Stay, entered


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
        work = entered(offer, now)
        write = replacing(waiting, work) if waiting else Create(waiting_id(offer.work_id), work)
        begun = keeping_stay(stay, Stay(offer.work_id, offer.round, is_over=False), now)
        changes: list[Change] = [write, begun]
        try:
            self.documents.commit(
                queue_partition(offer.queue_id),
                changes=changes,
                announcements=[asking_for_assignment(offer.queue_id, of=write)],
            )
        except AlreadyExists:  # begun, or ended, in this very moment
            raise LostRace from None
