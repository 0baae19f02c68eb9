"""The gateway's own clock: `_ts` and time to live are measured by it, and the control port may move it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.kernel.clock import SystemClock

_MACHINE = SystemClock()


@dataclass(slots=True)
class GatewayClock:
    """Runs ahead of the machine by a distance, or stands still."""

    ahead_by: timedelta = timedelta()
    stopped_at: datetime | None = None

    def now(self) -> float:
        """Give the time in seconds since 1970."""
        return (self.stopped_at or _MACHINE.now() + self.ahead_by).timestamp()

    def set(self, wish: dict[str, Any]) -> None:
        """Take `{"ahead_by_seconds": 60}` or `{"stopped_at": "2026-03-29T00:59:00+00:00"}`."""
        stopped = wish.get("stopped_at")
        self.stopped_at = datetime.fromisoformat(stopped) if stopped else None
        self.ahead_by = timedelta(seconds=wish.get("ahead_by_seconds", 0))
