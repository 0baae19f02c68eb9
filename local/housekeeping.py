"""What keeps a data folder small: what has expired is forgotten once an hour, as Cosmos DB does by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.kernel.clock import Clock

EVERY = timedelta(hours=1)


@dataclass(slots=True)
class Housekeeping:
    """Forgets what has expired, and tombstones that have lasted."""

    purge: Callable[[datetime], int]
    clock: Clock
    _next_at: datetime | None = None

    def turn(self) -> bool:
        """Purge if an hour of machine time has passed; say whether there was anything to forget.

        Where the next time is more than an hour away, the machine's clock has been set back, and it is now.
        """
        real = self.clock.real()
        if self._next_at is not None and timedelta() < self._next_at - real <= EVERY:
            return False
        self._next_at = real + EVERY
        return self.purge(self.clock.now()) > 0
