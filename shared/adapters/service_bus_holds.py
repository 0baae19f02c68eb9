"""What this process holds locked, since the service does not tell a locked message from a waiting one."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from azure.servicebus import ServiceBusReceivedMessage

_REMEMBERED_FOR = timedelta(hours=1)
"""How long after its end a lock that nobody settled is remembered."""


@dataclass(slots=True)
class Hold:
    """One message under a lock."""

    queue: str
    sequence_number: int
    message: ServiceBusReceivedMessage
    until: datetime


class Holds:
    """The locks of this process: of plain queues by token, of sessions by lease and sequence number."""

    def __init__(self, real_time: Callable[[], datetime]) -> None:
        self._real_time = real_time
        self._holds: dict[tuple[str, int], Hold] = {}
        self._lock = threading.Lock()

    def note(self, token: str, hold: Hold) -> None:
        with self._lock:
            self._holds[token, hold.sequence_number] = hold

    def find(self, token: str, sequence_number: int) -> Hold | None:
        with self._lock:
            return self._holds.get((token, sequence_number))

    def forget(self, token: str, sequence_number: int) -> None:
        with self._lock:
            self._holds.pop((token, sequence_number), None)

    def forget_session(self, token: str) -> None:
        with self._lock:
            for key in [key for key in self._holds if key[0] == token]:
                del self._holds[key]

    def forget_all(self) -> None:
        with self._lock:
            self._holds.clear()

    def renewed(self, token: str, until: datetime) -> None:
        """Let all that is held under the token be held until then."""
        with self._lock:
            for (held_by, _), hold in self._holds.items():
                if held_by == token:
                    hold.until = until

    def numbers(self, queue: str) -> frozenset[int]:
        """Give the sequence numbers that are locked here now, and forget what lapsed long ago."""
        now = self._real_time()
        with self._lock:
            for key in [key for key, hold in self._holds.items() if hold.until + _REMEMBERED_FOR < now]:
                del self._holds[key]
            return frozenset(
                hold.sequence_number
                for hold in self._holds.values()
                if hold.queue == queue and hold.until > now
            )
