"""What waits in the house, and since when? Measured every minute, for boards and alerts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from shared.conversations.documents import STATE as CONVERSATION_STATE
from shared.conversations.lifecycle import WAITING
from shared.kernel import tracing
from shared.kernel.documents import Documents, Index
from shared.kernel.queues import QueueReceiver
from shared.messaging.documents import RELEASE_AT
from shared.messaging.model import MessageState
from shared.messaging.queue_held_messages import OVERDUE_AFTER
from shared.operations.documents import PARKED_STATE
from shared.operations.model import State
from shared.wiring.relay import MADE_AT

MOST_COUNTED = 1000
"""Of each kind: who has so many to look after is not helped by the exact number, and reading costs."""

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits, all queues together; `MOST_COUNTED` of a kind may be more."""

    waiting: int
    dead_lettered: int
    parked: int
    left_behind: int
    held_overdue: int
    conversations: int


@dataclass(frozen=True, slots=True)
class MeasureBacklog:
    """Counts what waits in store and queues, tells it as measurements, and decides nothing."""

    documents: Documents
    receiver: QueueReceiver

    def __call__(self, *, now: datetime, real: datetime) -> Backlog:
        """Measure. What people wait for is counted in business time, what machines wait for in theirs."""
        parked = self._count(PARKED_STATE, equal_to=State.PARKED)
        tracing.measure("operations.parked_undecided", parked)
        left_behind = self._left_behind(real)
        held = self._count(RELEASE_AT, up_to=now - OVERDUE_AFTER, counts=_is_held)
        tracing.measure("messaging.held_overdue", held)
        conversations = self._conversations(now)
        waiting, dead = self._queues(now)
        return Backlog(waiting, dead, parked, left_behind, held, conversations)

    def _left_behind(self, real: datetime) -> int:
        made = [datetime.fromisoformat(body["made_at"]) for body in self._first(MADE_AT)]
        tracing.measure("announcements.left_behind", len(made))
        tracing.measure("announcements.oldest_seconds", _age(min(made, default=None), real))
        return len(made)

    def _conversations(self, now: datetime) -> int:
        open_ones = list(self._first(CONVERSATION_STATE, equal_to=WAITING[0]))
        since = [datetime.fromisoformat(body["waiting_since"]) for body in open_ones if body["waiting_since"]]
        tracing.measure("conversations.waiting", len(open_ones))
        tracing.measure("conversations.longest_wait_seconds", _age(min(since, default=None), now))
        return len(open_ones)

    def _queues(self, now: datetime) -> tuple[int, int]:
        waiting = dead = 0
        for depth in self.receiver.depths():
            tracing.measure("queues.waiting", depth.waiting, queue=depth.queue)
            age = _age(depth.oldest_waiting_since, now)
            tracing.measure("queues.oldest_waiting_seconds", age, queue=depth.queue)
            tracing.measure("queues.dead_lettered", depth.dead, queue=depth.queue)
            waiting, dead = waiting + depth.waiting, dead + depth.dead
        return waiting, dead

    def _count(self, index: Index, *, counts: Callable[[Body], bool] = bool, **asked: Any) -> int:
        return sum(map(counts, self._first(index, **asked)))

    def _first(self, index: Index, **asked: Any) -> Iterator[Body]:
        """Give the bodies that come first in an index, as they are stored, `MOST_COUNTED` at most."""
        return islice(self._found(index, **asked), MOST_COUNTED)

    def _found(self, index: Index, **asked: Any) -> Iterator[Body]:
        after = None
        while True:
            page = self.documents.find(index, Body, after=after, **asked)
            yield from (document.body for document in page.items)
            after = page.next
            if after is None:
                return


def _is_held(body: Body) -> bool:
    return body["state"] == MessageState.HELD


def _age(since: datetime | None, now: datetime) -> float:
    """Give for how long something has waited; nothing that waits has waited for no time at all."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0
