"""Messages that were set aside, and what an operator decides about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared.kernel.refusals import Conflict, NotFound, Refusal
from shared.kernel.sensitive import Sensitive

NO_QUEUE = "none"
"""Stands for the queue of a parked announcement that no queue carries."""


class State(StrEnum):
    """How far a decision about a message has come."""

    PARKED = "parked"
    REPLAYING = "replaying"
    REPLAYED = "replayed"
    DISCARDING = "discarding"
    DISCARDED = "discarded"


CARRIED_OUT = {State.REPLAYING: State.REPLAYED, State.DISCARDING: State.DISCARDED}
"""What a decision becomes once the queues have followed it."""


@dataclass(frozen=True, slots=True)
class UnhandledMessage:
    """A message that cannot succeed as it is. Its body (base64) may hold patient data, the rest does not."""

    queue: str
    message_id: str
    session: str | None
    body: Sensitive[str]
    properties: Mapping[str, str]
    reason: str
    problems: tuple[tuple[str, str], ...] = ()
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A message set aside. `dead_letter` is its number where it still lies among a queue's dead letters."""

    message: UnhandledMessage
    parked_at: datetime
    state: State = State.PARKED
    decided_by: str | None = None
    decided_at: datetime | None = None
    why: str | None = None
    dead_letter: int | None = None


@dataclass(frozen=True, slots=True)
class CarryOutDecision:
    """Do with a message what an operator has decided: send it again, or take it out of the dead letters."""

    parked_id: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Why an operator decides so."""

    why: str | None = None


@dataclass(frozen=True, slots=True)
class ParkedQuery:
    """Which parked messages: of a day or of all days, in one state or in any."""

    day: date | None = None
    state: State | None = None
    after: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class DeadLetterQuery:
    """Where to go on among a queue's dead letters."""

    after: str | None = None
    limit: int = 100


class AlreadyDecided(Conflict):
    """Somebody has already decided about this message."""


class NoQueueToReturnTo(Refusal):
    """No queue carries this message, so it cannot be sent again."""


class NoSuchMessage(NotFound):
    """There is no such message."""
