"""Show operators how much lies in each queue of messages."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.queues import QueueReceiver


@dataclass(frozen=True, slots=True)
class MessageQueue:
    """One queue: what is due, for later and given up, and since when the oldest that is due has waited."""

    queue: str
    waiting: int
    scheduled: int
    dead: int
    oldest_waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class MessageQueues:
    """Every queue that has ever held anything, by name."""

    queues: tuple[MessageQueue, ...]


@dataclass(frozen=True, slots=True)
class ListMessageQueues:
    """Counts what lies in the queues; looks at no message."""

    receiver: QueueReceiver

    def __call__(self) -> MessageQueues:
        depths = sorted(self.receiver.depths(), key=lambda depth: depth.queue)
        return MessageQueues(
            tuple(
                MessageQueue(
                    depth.queue, depth.waiting, depth.scheduled, depth.dead, depth.oldest_waiting_since
                )
                for depth in depths
            )
        )
