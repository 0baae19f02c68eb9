"""Moves business time, and remembers across restarts how far it has been moved (D14)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.durable_file import read_json, write_json
from shared.kernel.clock import MovableClock
from shared.kernel.refusals import Nonsense

_AHEAD_BY = "ahead_by_seconds"
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Travel:
    """The host's clock, kept in a file: written whole and forced to disk before anyone sees the new time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.clock = MovableClock(_kept(file))
        self._on_arrival: list[Callable[[], None]] = []

    def tell(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each move."""
        self._on_arrival.append(listener)

    def move_to(self, instant: datetime) -> None:
        """Make it `instant` now. Raises `Nonsense` when it has no zone or is out of reach."""
        if instant.tzinfo is None:
            raise Nonsense(("to", "has no time zone"))
        self._move(instant - self.clock.real())

    def move_by(self, duration: timedelta) -> None:
        """Move on (or back) from where business time is now. Raises `Nonsense` when that is out of reach."""
        self._move(self.clock.ahead_by + duration)

    def _move(self, ahead_by: timedelta) -> None:
        try:
            arrival = self.clock.real() + ahead_by
        except OverflowError:
            arrival = _LATEST
        if not _EARLIEST <= arrival < _LATEST:
            raise Nonsense(("to", "is out of reach: 1970 to 2199"))
        write_json(self._file, {_AHEAD_BY: ahead_by.total_seconds()})
        self.clock.ahead_by = ahead_by
        for listener in self._on_arrival:
            listener()


def _kept(file: Path) -> timedelta:
    return timedelta(seconds=read_json(file, without={_AHEAD_BY: 0})[_AHEAD_BY])
