"""A lane holds messages that come out one after another: those of one session, or all of a plain queue."""

import heapq
from dataclasses import dataclass, field
from typing import Protocol

from tests.stand_ins.service_bus.clocks import Alarm
from tests.stand_ins.service_bus.refusals import Refused


class Taker(Protocol):
    """A receiver link."""

    def wants(self) -> bool:
        """Say whether it has credit for one more message."""
        ...

    def take_more(self) -> None:
        """Take what is due and wanted."""
        ...

    def lose(self, why: Refused) -> None:
        """End, because its session is no longer its own."""
        ...


class Seeker(Taker, Protocol):
    """A receiver link that asks for a session."""

    def given(self, session: str) -> None:
        """Begin to receive in the session, which is locked for it."""
        ...


@dataclass(slots=True)
class Lane:
    """What is due, what is locked and, for a session, who holds it and its state."""

    session: str | None
    due: list[int] = field(default_factory=list[int])
    locked: set[int] = field(default_factory=set[int])
    holder: Taker | None = None
    locked_until: float = 0.0
    alarm: Alarm | None = None
    state: bytes | None = None
    state_set_at: float = 0.0

    def add(self, sequence_number: int) -> None:
        """Let a message come out in its turn."""
        heapq.heappush(self.due, sequence_number)

    @property
    def is_forgettable(self) -> bool:
        """There is nothing in it that anybody could ask for."""
        return not (self.due or self.locked or self.holder or self.state)
