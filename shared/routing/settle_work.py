"""End a work's stay in a queue."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Change, Documents, deleting
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.routing.documents import keeping_stay, queue_partition, waiting_at
from shared.routing.model import SettleWork
from shared.routing.waiting import Stay


@dataclass(frozen=True, slots=True)
class SettlingWork:
    """Takes work out of a queue, and remembers that this stay is over even where it has not begun.

    News of an earlier stay changes nothing.
    """

    documents: Documents

    def __call__(self, told: SettleWork, *, now: datetime) -> None:
        stay, waiting = waiting_at(self.documents, told.queue_id, told.work_id)
        if stay is not None and (stay.body.round > told.round or _is_over(stay.body, told)):
            return
        ended = keeping_stay(stay, Stay(told.work_id, told.round, is_over=True), now)
        changes: list[Change] = [ended, *([deleting(waiting)] if waiting else [])]
        try:
            self.documents.commit(queue_partition(told.queue_id), changes=changes)
        except AlreadyExists:  # begun, or ended, in this very moment
            raise LostRace from None


def _is_over(stay: Stay, told: SettleWork) -> bool:
    return stay.is_over and stay.round == told.round
