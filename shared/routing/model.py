"""Work that waits for a person, and the people who take it (RT-1, RT-5, RT-7, RT-12, RT-18)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType

from shared.kernel.sensitive import Sensitive

RepresentativeId = NewType("RepresentativeId", str)
"""A representative by issuer and subject: `derived(issuer, subject)`; see `representative_id`."""

WorkOutcome = Literal["taken", "declined", "missed", "elsewhere", "finished"]
"""What became of a reservation: accepted, refused, let lapse, gone to somebody else, or done with."""


@dataclass(frozen=True, slots=True)
class OfferWork:
    """Instruction: let this work wait in a queue until somebody takes it.

    `work_id` names it (a conversation's id), `round` counts its stays in queues, so that news of an earlier
    stay changes nothing. `since` is when the person began to wait. `units` is the capacity that it takes (at
    least 1). `not_to` is who has just declined it: others come first. An offer of it stands for
    `offer_lasts_seconds`, as its workstream says. Whoever is not known (`is_known`) waits behind all who are.
    """

    work_id: str
    round: int
    queue_id: str
    units: int
    since: datetime
    not_to: tuple[RepresentativeId, ...] = ()
    offer_lasts_seconds: int = 60
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class SettleWork:
    """Instruction: this stay in the queue is over, since the work was taken or has gone away."""

    queue_id: str
    work_id: str
    round: int


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A representative was asked to keep room for this work, and had none, as of a version of theirs."""

    work_id: str
    round: int
    representative_id: RepresentativeId
    version: int


@dataclass(frozen=True, slots=True)
class AssignWork:
    """Instruction to our own room: match what waits in this queue with who is free.

    `not_taken` is what somebody was asked to take and could not: it is free for others at once.
    """

    queue_id: str
    not_taken: NotTaken | None = None


@dataclass(frozen=True, slots=True)
class ReserveCapacity:
    """Instruction to our own room: keep room for this work with that representative, if there is any."""

    representative_id: RepresentativeId
    queue_id: str
    work_id: str
    round: int
    units: int
    offer_lasts_seconds: int = 60


@dataclass(frozen=True, slots=True)
class CapacityReserved:
    """Fact: the representative keeps room for this work, and may take it until `until` (business time)."""

    representative_id: RepresentativeId
    queue_id: str
    work_id: str
    round: int
    until: datetime
    who: str
    display_name: Sensitive[str]


@dataclass(frozen=True, slots=True)
class WorkOffered:
    """Fact, for whoever owns the work: this representative may take it until `until` (business time)."""

    work_id: str
    round: int
    queue_id: str
    representative_id: RepresentativeId
    who: str
    display_name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class SettleCapacity:
    """Instruction: tell the representative's own partition what became of a reservation.

    `units` counts only for work that was taken when its reservation was no longer known: it is in hand all
    the same. With `until`, `elsewhere` gives back only the reservation that was to end then, not a later one.
    `ended_at` is when an offer was declined or ended: whoever says since then where they are, is there.
    """

    representative_id: RepresentativeId
    work_id: str
    round: int
    outcome: WorkOutcome
    units: int = 1
    until: datetime | None = None
    ended_at: datetime | None = None
