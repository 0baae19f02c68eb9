"""How much has begun and not ended, for those who must not begin too much, or nothing more."""

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Underway:
    """How much is under way, and whether more may begin."""

    most: int
    _count: int = 0
    _stopping: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def begin(self, many: int = 1) -> bool:
        """Count what begins, unless all is to end; say which."""
        with self._changed:
            self._count += 0 if self._stopping else many
            return not self._stopping

    def end(self, many: int = 1) -> None:
        with self._changed:
            self._count -= many
            self._changed.notify_all()

    def room(self) -> int:
        """Wait for room; give how much there is, or none when all is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._count < self.most)
            return 0 if self._stopping else self.most - self._count

    def count(self) -> int:
        with self._changed:
            return self._count

    def stop(self) -> None:
        """Let nothing more begin."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def is_stopping(self) -> bool:
        with self._changed:
            return self._stopping

    def pause(self, seconds: float) -> None:
        """Wait so long, or until all is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, seconds)

    def until_none(self, seconds: float) -> bool:
        """Wait until all has ended, so long at most; say whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, seconds)
