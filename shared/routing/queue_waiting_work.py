"""Find queues in which work waits for somebody to be asked, and reservations that have lapsed."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Documents
from shared.routing.documents import LAPSES, REPRESENTATIVE, representatives_found
from shared.routing.in_need import queues_in_need
from shared.routing.model import AssignWork, SettleCapacity
from shared.routing.representatives import Representative


@dataclass(frozen=True, slots=True)
class QueueWaitingWork:
    """Queues an assignment for every queue in need, and gives back room whose time is up; does no work.

    It is the net under all announcements: whatever was lost, late or crossed, no work waits for longer than a
    tick beside somebody who is free. Each tick's announcements are its own, since a need may come again.
    """

    documents: Documents
    publisher: Publisher

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued."""
        lapsed = representatives_found(self.documents, LAPSES, up_to=now)
        told = [each for representative in lapsed for each in _given_back(representative.body, now)]
        told += [_assigned(queue_id, now) for queue_id in queues_in_need(self.documents, now)]
        if told:
            self.publisher.publish(told)
        return len(told)


def _given_back(representative: Representative, now: datetime) -> list[Announcement]:
    return [
        Announcement(
            SettleCapacity(representative.id, each.work_id, each.round, "elsewhere", until=each.until),
            f"{representative.id}~{each.work_id}~{each.round}~lapsed~{now.isoformat()}",
            (REPRESENTATIVE, 0),
        )
        for each in representative.holdings
        if not each.holds_room(now)
    ]


def _assigned(queue_id: str, now: datetime) -> Announcement:
    return Announcement(AssignWork(queue_id), f"{queue_id}~sweep~{now.isoformat()}", (queue_id, 0))
