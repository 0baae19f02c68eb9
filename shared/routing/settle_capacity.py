"""Let a reservation become what became of it."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Change, Documents, replacing
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.routing.capacity import settled
from shared.routing.documents import assignments_for, representative_at, settled_id
from shared.routing.in_need import queues_that_need
from shared.routing.model import SettleCapacity
from shared.routing.representatives import Representative
from shared.routing.settled_rounds import Settled, marking

_ENDS = frozenset({"declined", "missed", "finished"})


@dataclass(frozen=True, slots=True)
class SettlingCapacity:
    """Takes work in hand, or gives its room back once, and asks for more where room came free (RT-8).

    What has come to its end with a representative is marked, so that a late or second word of it neither
    takes the work again nor sends anybody away again (RT-18). Room that is still held for a stay that has
    ended comes back whenever its end is told, also after the end of a later one.
    """

    documents: Documents

    def __call__(self, told: SettleCapacity, *, now: datetime) -> None:
        """Settle it, or raise `NoSuchRepresentative`."""
        found = representative_at(self.documents, told.representative_id)
        mark = self.documents.look(found.partition, settled_id(told.work_id), Settled)
        is_late = mark is not None and mark.body.round >= told.round
        if is_late and not _frees(found.body, told):
            return
        after = settled(found.body, told, now)
        ends = told.outcome in _ENDS and not is_late
        if after == found.body and not ends:
            return
        write = replacing(found, after)
        changes: list[Change] = [write]
        if ends:
            changes.append(marking(mark, Settled(told.work_id, told.round), now))
        needing = [] if told.outcome == "taken" else queues_that_need(self.documents, after, now)
        try:
            self.documents.commit(
                found.partition, changes=changes, announcements=assignments_for(needing, after.id, write)
            )
        except AlreadyExists:  # settled in this very moment
            raise LostRace from None


def _frees(representative: Representative, told: SettleCapacity) -> bool:
    """Say whether late news still gives room back, and does nothing else."""
    if told.outcome != "finished":
        return told.outcome == "elsewhere"
    return any(each.work_id == told.work_id and each.round <= told.round for each in representative.holdings)
