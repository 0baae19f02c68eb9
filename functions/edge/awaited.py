"""Since when is a message of a session waiting for what it speaks of? Kept by this process alone (D6).

A message that is given back cannot carry a note, and neither its age nor its deliveries would do: it may have
waited behind others, or through a fault of another kind. The cost of keeping it here is that a new process
counts from the beginning.
"""

from collections import OrderedDict
from datetime import datetime
from threading import Lock

MOST = 10_000
"""Messages remembered; what was asked for longest ago is forgotten first, and then waits a little longer."""


class Awaited:
    """Remembers when each message was first found waiting."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._since: OrderedDict[str, datetime] = OrderedDict()
        self._lock = Lock()

    def since(self, message: str, real: datetime) -> datetime:
        """Give since when it has waited: since `real` (machine time), unless it was waiting before."""
        with self._lock:
            since = self._since.setdefault(message, real)
            self._since.move_to_end(message)
            if len(self._since) > self._most:
                self._since.popitem(last=False)
            return since

    def no_longer(self, message: str) -> None:
        """Forget it: it has been handled, parked, or something else keeps it."""
        with self._lock:
            self._since.pop(message, None)
