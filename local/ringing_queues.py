"""Queues that wake whoever waits for the queue that was sent to, instead of everybody."""

from collections.abc import Sequence

from local.bells import Bells
from shared.kernel.queues import OutgoingMessage, Queues


class RingingQueues(Queues):
    """Sends through other queues, then rings the bell of the queue that was sent to."""

    def __init__(self, queues: Queues, bells: Bells) -> None:
        self._queues = queues
        self._bells = bells

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:
        self._queues.send(queue, messages)
        self._bells.ring(queue)
