"""Time, asked for at the door and passed on as an argument (house rule 9)."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Two times: the business's, which the local host can move, and the machine's, which nobody can (D14)."""

    def now(self) -> datetime:
        """Give business time, aware, in UTC: what is due, quiet, expired or overdue is measured by it."""
        ...

    def real(self) -> datetime:
        """Give machine time, aware, in UTC: locks, leases, claims and tokens are measured by it."""
        ...


class SystemClock(Clock):
    """Both times are the machine's."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def real(self) -> datetime:
        return datetime.now(UTC)


class MovableClock(Clock):
    """Business time stands a settable distance from the machine's and flows at its pace."""

    def __init__(self, ahead_by: timedelta = timedelta()) -> None:
        self.ahead_by = ahead_by

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead_by

    def real(self) -> datetime:
        return datetime.now(UTC)

    def move_to(self, instant: datetime) -> None:
        """Make it `instant` now."""
        self.ahead_by = instant - datetime.now(UTC)


class StoppedClock(Clock):
    """Stands still until it is moved; for tests of what an awkward moment does."""

    def __init__(self, instant: datetime, *, real: datetime | None = None) -> None:
        self.instant = instant
        self.machine = real or instant

    def now(self) -> datetime:
        return self.instant

    def real(self) -> datetime:
        return self.machine

    def pass_by(self, duration: timedelta) -> None:
        """Let both times go on by `duration`."""
        self.instant += duration
        self.machine += duration
