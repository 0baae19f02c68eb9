"""Facts that travel up, instructions that travel down: committed with the state that they speak of (D5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.kernel import tracing
from shared.kernel.identity import derived


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something to be told once its commit stands.

    `content` is a dataclass of the room that defines it; its class name is the announcement's type, by which
    `wiring/queues.py` finds the queues. `named` says *what it is* (`enrolment~step~occurrence`): the same
    type and name are the same announcement, however often it is made. `of` is the id and version of the
    document that it speaks of. `due_at` (business time) holds it back in the queue. `trace` is the context of
    the work that it was made in, which whoever hears of it goes on from.
    """

    content: object
    named: str
    of: tuple[str, int]
    due_at: datetime | None = None
    trace: str = field(default_factory=tracing.current, compare=False)

    @property
    def type(self) -> str:
        return type(self.content).__name__

    @property
    def id(self) -> str:
        return f"announcement~{derived(self.type, self.named)}"


class Publisher(Protocol):
    """Tells what needs no commit: for sweeps and intake, which write nothing."""

    def publish(self, announcements: Sequence[Announcement]) -> None:
        """Put each on the queues of its type, durably.

        May raise `TransientFault`; then some may have been told.
        """
        ...
