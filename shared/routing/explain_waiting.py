"""Say why work still waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.kernel.documents import Documents
from shared.routing.assignment import Member, Standing, standing_of
from shared.routing.documents import PRESENCE, queue_at, representatives_found, waiting_at
from shared.routing.model import RepresentativeId
from shared.routing.presence import Base
from shared.routing.queues import WorkQueue
from shared.routing.waiting import HeldOut, NotWaiting, WaitingWork

Verdict = Standing | Literal["offered", "asked"]


@dataclass(frozen=True, slots=True)
class MemberExplained:
    """How one member of the queue stands towards the work."""

    representative_id: RepresentativeId
    verdict: Verdict
    presence: Base
    units_used: int
    units_total: int


@dataclass(frozen=True, slots=True)
class WaitingExplained:
    """What the work needs, and each member's reason; with no members listed, nobody has ever been on duty."""

    work_id: str
    round: int
    units: int
    since: datetime
    queue_is_open: bool
    members: tuple[MemberExplained, ...]


@dataclass(frozen=True, slots=True)
class ExplainWaiting:
    """Answers why nobody has the work yet, or who is about to have it (RT-17; complaint 4)."""

    documents: Documents

    def __call__(self, *, queue_id: str, work_id: str, now: datetime) -> WaitingExplained:
        """Explain it, or raise `NoSuchQueue` or `NotWaiting`."""
        queue = queue_at(self.documents, queue_id).body
        _, found = waiting_at(self.documents, queue_id, work_id)
        if found is None:
            raise NotWaiting
        work = found.body
        members = tuple(self._members(queue, work, now))
        return WaitingExplained(work_id, work.round, work.units, work.since, queue.is_open(now), members)

    def _members(self, queue: WorkQueue, work: WaitingWork, now: datetime) -> Iterator[MemberExplained]:
        for found in representatives_found(self.documents, PRESENCE):
            who, member = found.body, Member(found.body, found.version)
            if queue.has_member(who.subject):
                load = who.in_hand(now)
                yield MemberExplained(
                    who.id, _verdict(member, work, now), who.presence.base, load.units, load.of_units
                )


def _verdict(member: Member, work: WaitingWork, now: datetime) -> Verdict:
    if _stands(work.offered, member, now):
        return "offered"
    return "asked" if _stands(work.asked, member, now) else standing_of(member, work, now)


def _stands(held_out: HeldOut | None, member: Member, now: datetime) -> bool:
    return held_out is not None and held_out.representative_id == member.who.id and now < held_out.until
