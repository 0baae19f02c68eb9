"""Sends through Azure Service Bus: what every function in Azure announces with (D4)."""

import threading
from collections.abc import Sequence
from functools import partial

from azure.servicebus import ServiceBusMessage, ServiceBusSender
from azure.servicebus.exceptions import MessageSizeExceededError

from shared.adapters.service_bus import Place, faults_told
from shared.adapters.service_bus_handlers import Closings
from shared.adapters.service_bus_lanes import Silence, Way
from shared.adapters.service_bus_messages import outgoing, refuse_impossible
from shared.kernel.clock import Clock
from shared.kernel.queues import OutgoingMessage, Queues
from shared.kernel.refusals import TransientFault

SENT_WITHIN = 20.0
"""Seconds for all messages of one send, after which the sender is given up."""
_FOR_ONE_TRY = 0.4
"""The share of it for each of two tries, which the library keeps to when the service is merely slow."""
_TO_CLOSE = 3.0


class ServiceBusQueues(Queues):
    """Keeps `Queues`' promises over one namespace, for any number of threads.

    Each queue has a sender that stays open. A batch whose answer was lost is sent again, so a message may
    come twice, which handlers do not mind (D5).
    """

    def __init__(
        self, place: Place, *, clock: Clock, session_queues: frozenset[str], sent_within: float = SENT_WITHIN
    ) -> None:
        self._client = place.connect()
        self._clock = clock
        self._session_queues = session_queues
        self._sent_within = sent_within
        self._closings = Closings()
        self._ways: dict[str, Way[ServiceBusSender]] = {}
        self._is_closed = False
        self._lock = threading.Lock()

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:
        for message in messages:
            refuse_impossible(message, in_sessions=queue in self._session_queues)
        if not messages:
            return
        now = self._clock.now()
        ready = [outgoing(message, now) for message in messages]
        with faults_told():
            send_all = partial(_send_all, messages=ready, seconds=_FOR_ONE_TRY * self._sent_within)
            self._way(queue).use(send_all, within=self._sent_within)

    def close(self) -> None:
        """Let what is being sent be sent, then close the senders."""
        with self._lock:
            self._is_closed = True
            ways, self._ways = self._ways, {}
        for way in ways.values():
            way.close(_TO_CLOSE)
        self._closings.wait(_TO_CLOSE)

    def _way(self, queue: str) -> Way[ServiceBusSender]:
        with self._lock:
            if self._is_closed:
                message = "closed"
                raise TransientFault(message)
            if queue not in self._ways:
                make = partial(self._client.get_queue_sender, queue)
                silence = Silence(one_may_fail=True)
                self._ways[queue] = Way(f"sends to {queue}", make, self._closings, silence)
            return self._ways[queue]


def _send_all(sender: ServiceBusSender, *, messages: Sequence[ServiceBusMessage], seconds: float) -> None:
    """Send in as few batches as the link takes, in order."""
    if len(messages) == 1:
        sender.send_messages(messages[0], timeout=seconds)
        return
    batch = sender.create_message_batch()
    for message in messages:
        try:
            batch.add_message(message)
        except MessageSizeExceededError:
            if not len(batch):
                raise
            sender.send_messages(batch, timeout=seconds)
            batch = sender.create_message_batch()
            batch.add_message(message)
    sender.send_messages(batch, timeout=seconds)
