"""The broker's two clocks, real until a test moves them, with alarms that ring when one is reached."""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from math import inf

from shared.kernel.clock import SystemClock

_MACHINE = SystemClock()


@dataclass(slots=True)
class Alarm:
    """Something to do at a moment, unless it is cancelled first."""

    ring: Callable[[], None] | None

    def cancel(self) -> None:
        self.ring = None


class Clock:
    """Seconds since 1970: the machine's, a distance ahead of it, or stopped."""

    def __init__(self) -> None:
        self._ahead_by = 0.0
        self._stopped_at: float | None = None
        self._alarms: list[tuple[float, int, Alarm]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = inf

    def now(self) -> float:
        """Give the time in whole milliseconds, as the wire tells it."""
        if self._stopped_at is not None:
            return self._stopped_at
        return int((_MACHINE.real().timestamp() + self._ahead_by) * 1000) / 1000

    def at(self, moment: float, ring: Callable[[], None]) -> Alarm:
        """Ring once the clock has reached the moment; alarms of one moment ring in their order."""
        alarm = Alarm(ring)
        heapq.heappush(self._alarms, (moment, next(self._order), alarm))
        if moment < self._armed_for:
            self._arm()
        return alarm

    def move(self, *, ahead_by: float = 0.0, stopped_at: float | None = None) -> None:
        """Set the clock; what it has passed by rings at once."""
        self._ahead_by = ahead_by
        self._stopped_at = stopped_at
        self._ring_what_is_due()

    def _arm(self) -> None:
        """Wake for the first alarm that is still wanted; a stopped clock wakes for none."""
        while self._alarms and self._alarms[0][2].ring is None:
            heapq.heappop(self._alarms)
        if self._timer:
            self._timer.cancel()
        self._timer, self._armed_for = None, inf
        if self._alarms and self._stopped_at is None:
            self._armed_for = self._alarms[0][0]
            wait = max(0.0, self._armed_for - self.now())
            self._timer = asyncio.get_running_loop().call_later(wait, self._ring_what_is_due)

    def _ring_what_is_due(self) -> None:
        self._armed_for = -inf  # alarms set while ringing are armed for below
        while self._alarms and self._alarms[0][0] <= self.now():
            alarm = heapq.heappop(self._alarms)[2]
            if alarm.ring:
                alarm.ring()
        self._arm()


@dataclass(frozen=True, slots=True)
class Clocks:
    """`now` tells when a message is due, enqueued and over; `real` measures locks."""

    now: Clock = field(default_factory=Clock)
    real: Clock = field(default_factory=Clock)
