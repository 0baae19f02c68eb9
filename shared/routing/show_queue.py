"""Show what waits in a queue."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.kernel.documents import Documents
from shared.routing.documents import queue_at, waiting_in
from shared.routing.model import RepresentativeId
from shared.routing.queues import WorkQueue
from shared.routing.waiting import HeldOut, WaitingWork


@dataclass(frozen=True, slots=True)
class WhichWaiting:
    """How many to show at most, from the front."""

    limit: int = 100


@dataclass(frozen=True, slots=True)
class WaitingShown:
    """One piece of work: its place from 1, since when, and to whom it is held out until when.

    `is_late` says that it has waited for longer than the queue's service level allows.
    """

    work_id: str
    position: int
    round: int
    units: int
    since: datetime
    is_late: bool
    asked_of: RepresentativeId | None
    offered_to: RepresentativeId | None
    offered_until: datetime | None


@dataclass(frozen=True, slots=True)
class QueueShown:
    """What waits, and whether anybody is to be expected there now."""

    queue_id: str
    is_open: bool
    total: int
    waiting: tuple[WaitingShown, ...]


@dataclass(frozen=True, slots=True)
class ShowQueue:
    """Gives what waits in a queue, who began to wait first standing first."""

    documents: Documents

    def __call__(self, which: WhichWaiting, *, queue_id: str, now: datetime) -> QueueShown:
        """Give it, or raise `NoSuchQueue`."""
        queue = queue_at(self.documents, queue_id).body
        found = [each.body for each in waiting_in(self.documents, queue_id)]
        front = found[: max(1, min(which.limit, 500))]
        shown = tuple(_shown(each, place, queue, now) for place, each in enumerate(front, 1))
        return QueueShown(queue_id, queue.is_open(now), len(found), shown)


def _shown(work: WaitingWork, position: int, queue: WorkQueue, now: datetime) -> WaitingShown:
    offered, asked = _standing(work.offered, now), _standing(work.asked, now)
    return WaitingShown(
        work.work_id,
        position,
        work.round,
        work.units,
        work.since,
        now - work.since > timedelta(seconds=queue.service_level_threshold_seconds),
        asked.representative_id if asked else None,
        offered.representative_id if offered else None,
        offered.until if offered else None,
    )


def _standing(held_out: HeldOut | None, now: datetime) -> HeldOut | None:
    return held_out if held_out and now < held_out.until else None
