"""Match what waits in a queue with who is free."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from shared.kernel.announcements import Announcement
from shared.kernel.documents import Document, Documents, announcing, replacing
from shared.routing.assignment import MOST_AT_ONCE, Member, matched
from shared.routing.documents import (
    FREE,
    QUEUE,
    queue_partition,
    representatives_found,
    waiting_at,
    waiting_from,
)
from shared.routing.model import AssignWork, ReserveCapacity
from shared.routing.queues import WorkQueue
from shared.routing.waiting import WaitingWork, asked_of, not_taken

MOST_LOOKED_AT = 500
"""How far one run looks past what is held out already, or too large for whoever is free."""


@dataclass(frozen=True, slots=True)
class AssigningWork:
    """Asks representatives to keep room for what waits, oldest first, at most 40 pieces of it in one run.

    That they were asked stands beside the work in the same commit: nobody else is asked meanwhile, and after
    15 seconds without an answer somebody else is. Whether there is room, only the representative's own
    partition knows. However many wait, a run reads the front of the queue, and nothing where nobody is free.
    """

    documents: Documents

    def __call__(self, asked: AssignWork, *, now: datetime) -> None:
        partition = queue_partition(asked.queue_id)
        queue = self.documents.look(partition, QUEUE, WorkQueue)
        if queue is None:
            return
        members = self._members(queue.body)
        found = self._looked_at(asked, members, now)
        bodies = [_freed(each.body, asked, now) for each in found]
        chosen = matched([each for each in bodies if each.is_ready(now)], members, now)
        after = [
            asked_of(body, chosen[body.work_id], now) if body.work_id in chosen else body for body in bodies
        ]
        changed = [(before, body) for before, body in zip(found, after, strict=True) if before.body != body]
        if not changed:
            return
        announcements = [_reserve(before, body) for before, body in changed if body.work_id in chosen]
        if len(chosen) == MOST_AT_ONCE:
            announcements.append(_again(asked.queue_id, queue, now))
        changes = [replacing(before, body) for before, body in changed]
        self.documents.commit(partition, changes=changes, announcements=announcements)

    def _looked_at(
        self, asked: AssignWork, members: Sequence[Member], now: datetime
    ) -> Sequence[Document[WaitingWork]]:
        """Give the front of the queue, and in its place among it what somebody could not take."""
        found = {each.id: each for each in self._front(asked.queue_id, members, now)}
        if asked.not_taken is not None:
            _, told_of = waiting_at(self.documents, asked.queue_id, asked.not_taken.work_id)
            found |= {told_of.id: told_of} if told_of else {}
        return [found[id_] for id_ in sorted(found)]

    def _front(
        self, queue_id: str, members: Sequence[Member], now: datetime
    ) -> Iterator[Document[WaitingWork]]:
        """Give what waits in order, until there is enough for one run of what is ready and not too large."""
        room = max((each.who.room(now) for each in members), default=0)
        enough = 0
        for found in islice(waiting_from(self.documents, queue_id), MOST_LOOKED_AT if room else 0):
            yield found
            enough += found.body.is_ready(now) and found.body.units <= room
            if enough == MOST_AT_ONCE:
                return

    def _members(self, queue: WorkQueue) -> Sequence[Member]:
        free = representatives_found(self.documents, FREE)
        return [Member(each.body, each.version) for each in free if queue.has_member(each.body.subject)]


def _freed(waiting: WaitingWork, asked: AssignWork, now: datetime) -> WaitingWork:
    told = asked.not_taken
    return not_taken(waiting, told, now) if told and told.work_id == waiting.work_id else waiting


def _reserve(before: Document[WaitingWork], asked: WaitingWork) -> Announcement:
    work = before.body
    assert asked.asked is not None  # noqa: S101  # `asked_of` has just set it
    content = ReserveCapacity(
        asked.asked.representative_id,
        work.queue_id,
        work.work_id,
        work.round,
        work.units,
        work.offer_lasts_seconds,
    )
    named = f"{work.queue_id}~{work.work_id}~{work.round}~{before.version + 1}"
    return announcing(content, of=before, named=named)


def _again(queue_id: str, queue: Document[WorkQueue], now: datetime) -> Announcement:
    """Ask for another run: there was more than one takes."""
    return announcing(AssignWork(queue_id), of=queue, named=f"{queue_id}~more~{now.isoformat()}")
