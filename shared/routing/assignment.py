"""Who is asked to take what: oldest work first, least active representative first (RT-7, RT-9): pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.routing.model import RepresentativeId
from shared.routing.representatives import Representative
from shared.routing.waiting import DECLINERS_WAIT, PassedOver, WaitingWork

MOST_AT_ONCE = 40
"""Pieces of work in one run: a change and an announcement each, within one commit (D4: 100)."""

Standing = Literal["free", "away", "full", "had_no_room", "declined"]
"""How a representative stands towards a piece of work; only who is free, or has declined, can be asked.

Who had no room is told apart from who is full: what was found of them may be older than what they said.
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the queue, as found at a version."""

    who: Representative
    version: int


def standing_of(member: Member, work: WaitingWork, now: datetime) -> Standing:
    """Say how a member of the queue stands towards this work."""
    if not member.who.presence.takes_work:
        return "away"
    if member.who.room(now) < work.units:
        return "full"
    if any(_still_holds(each, member) for each in work.passed_over):
        return "had_no_room"
    return "declined" if member.who.id in work.not_to else "free"


def may_decliners_be_asked(work: WaitingWork, now: datetime) -> bool:
    """Say whether enough time has passed to ask whoever has declined, if there is nobody else."""
    return now >= work.entered_at + DECLINERS_WAIT


def matched(
    ready: Sequence[WaitingWork], members: Sequence[Member], now: datetime
) -> Mapping[str, RepresentativeId]:
    """Give who is to be asked for which work, at most 40 of them.

    `ready` comes oldest first, `members` least active first; whoever is asked once goes to the end, so that
    work is spread. Work that fits nobody is passed by and keeps its place.
    """
    asked: dict[str, RepresentativeId] = {}
    turn, room = list(members), {each.who.id: each.who.room(now) for each in members}
    for work in ready:
        if len(asked) == MOST_AT_ONCE or not any(room.values()):
            break
        chosen = _chosen([each for each in turn if room[each.who.id] >= work.units], work, now)
        if chosen is not None:
            asked[work.work_id] = chosen.who.id
            room[chosen.who.id] -= work.units
            turn.remove(chosen)
            turn.append(chosen)
    return asked


def _chosen(with_room: Sequence[Member], work: WaitingWork, now: datetime) -> Member | None:
    standings = [(standing_of(each, work, now), each) for each in with_room]
    free = next((each for standing, each in standings if standing == "free"), None)
    if free is not None or not may_decliners_be_asked(work, now):
        return free
    return next((each for standing, each in standings if standing == "declined"), None)


def _still_holds(passed_over: PassedOver, member: Member) -> bool:
    return passed_over.representative_id == member.who.id and member.version <= passed_over.version
