"""How many threads may sleep under a session's lock? A quarter: the others are for who can go on (D6)."""

import threading
import time
from collections.abc import Callable

MOST_ASLEEP = 4
"""A quarter of the threads that `host.json` has work on sessions."""
SHORT_WAIT = 2.0
"""Seconds that anyone may sleep. With the shorter waits before it a delivery takes nearly four, so that even
a session that never finds room to sleep longer is tried for two hours before it is dead-lettered."""


class Sleepers:
    """Counts who sleeps in this process."""

    def __init__(self, most: int = MOST_ASLEEP, sleep: Callable[[float], None] = time.sleep) -> None:
        self._most = most
        self._sleep = sleep
        self._asleep = 0
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> bool:
        """Sleep, unless it would be long and enough sleep already; say whether it slept."""
        with self._lock:
            if seconds > SHORT_WAIT and self._asleep >= self._most:
                return False
            self._asleep += 1
        try:
            self._sleep(seconds)
        finally:
            with self._lock:
                self._asleep -= 1
        return True
