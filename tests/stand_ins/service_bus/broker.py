"""What all connections share: the queues, the clocks, the faults, and who is connected."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from tests.stand_ins.identity import Tokens
from tests.stand_ins.service_bus.clocks import Clocks
from tests.stand_ins.service_bus.entity import Queue
from tests.stand_ins.service_bus.faults import Faults
from tests.stand_ins.service_bus.refusals import Refused, entity_not_found
from tests.stand_ins.service_bus.settings import QueueSettings

DEAD_LETTERS = "/$deadletterqueue"
MANAGEMENT = "/$management"


class Connected(Protocol):
    """A client's connection."""

    def drop(self) -> None:
        """Cut it without a word."""
        ...

    def detach(self, queue: str | None, why: Refused) -> int:
        """Detach its links to a queue, or all; give how many."""
        ...

    def linked_to(self) -> list[str]:
        """Name the queue of each of its links."""
        ...


@dataclass(slots=True)
class Broker:
    """One namespace."""

    tokens: Tokens
    clocks: Clocks = field(default_factory=Clocks)
    faults: Faults = field(default_factory=Faults)
    queues: dict[str, Queue] = field(default_factory=dict[str, Queue])
    connections: set[Connected] = field(default_factory=set[Connected])
    tokens_refused: list[str] = field(default_factory=list[str])
    """Why each token was refused that was."""
    _dropping: asyncio.TimerHandle | None = None

    def create(self, settings: Iterable[QueueSettings]) -> None:
        """Create queues, each in the place of one that bore its name."""
        for wish in settings:
            self.queues[wish.name.lower()] = Queue(wish, self.clocks, self.faults)

    def find(self, path: str) -> Queue:
        """Give a queue or its dead letters. Raises `Refused`."""
        lower = path.lower()
        queue = self.queues.get(lower.removesuffix(DEAD_LETTERS))
        found = queue.dead if queue and lower.endswith(DEAD_LETTERS) else queue
        if not found:
            raise entity_not_found(path)
        return found

    def drop_connections(self) -> int:
        """Cut every connection; give how many."""
        cut = list(self.connections)
        for one in cut:
            one.drop()
        return len(cut)

    def keep_dropping(self, every: float, lasting: float) -> None:
        """Cut every connection again and again for some seconds."""
        loop = asyncio.get_running_loop()
        if self._dropping:
            self._dropping.cancel()
        self._drop_until(loop, every, loop.time() + lasting)

    def _drop_until(self, loop: asyncio.AbstractEventLoop, every: float, end: float) -> None:
        self.drop_connections()
        if loop.time() + every < end:
            self._dropping = loop.call_later(every, self._drop_until, loop, every, end)

    def detach(self, queue: str | None, why: Refused) -> int:
        """Detach links; give how many."""
        return sum(one.detach(queue, why) for one in list(self.connections))
