"""Whether the house may write a type of resource into the record, as the entity maps in force say (FH-7)."""

from datetime import datetime, timedelta
from threading import Lock

from shared.exchange.documents import map_of
from shared.exchange.model import WriteBackIsOff, as_shipped
from shared.kernel.clock import Clock
from shared.kernel.documents import Documents

LAST = timedelta(seconds=1)
"""How long what was read is believed, in machine time: a map works within two seconds everywhere."""


class LiveWriteBack:
    """Reads each type's map at most once a second. Losing them costs a read."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._lock = Lock()
        self._read: dict[str, tuple[datetime, bool]] = {}

    def allows(self, resource_type: str) -> bool:
        """Say whether the house may write it."""
        with self._lock:
            now = self._clock.real()
            read_at, allowed = self._read.get(resource_type, (None, False))
            if read_at is None or not timedelta() <= now - read_at < LAST:
                found = map_of(self._documents, resource_type)
                allowed = (found.body if found else as_shipped(resource_type)).write_back
                self._read[resource_type] = now, allowed
            return allowed

    def require(self, resource_type: str) -> None:
        """Raise `WriteBackIsOff` where it may not."""
        if not self.allows(resource_type):
            raise WriteBackIsOff
