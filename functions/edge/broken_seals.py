"""How often has somebody come with a link that is none? Counted by this process alone."""

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

from shared.kernel.refusals import Throttled

MOST = 30
WITHIN = timedelta(minutes=1)


class BrokenSeals:
    """Lets a few be told that a link is not valid, and asks more of them to wait.

    Only broken ones count, and only they wait: nobody is kept from a good link because another one guesses. A
    seal cannot be guessed (D13); this keeps logs and alerts readable while somebody tries.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lately: deque[datetime] = deque()
        self._lock = Lock()

    def count(self, real: datetime) -> None:
        """Count one more. Raises `Throttled` beyond what is usual within a minute."""
        with self._lock:
            while self._lately and self._lately[0] <= real - WITHIN:
                self._lately.popleft()
            if len(self._lately) >= self._most:
                raise Throttled(retry_after=WITHIN)
            self._lately.append(real)
