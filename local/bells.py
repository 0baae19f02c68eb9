"""Who is to look again? A bell per queue, and one for whoever waits for the store."""

import threading
from collections import defaultdict
from collections.abc import Callable

LOOKS_AGAIN_AFTER = 0.1
"""Seconds after which a pump looks again unrung: what is due by the clock rings no bell."""
LOOKS_AGAIN_AT_THE_LATEST = 0.5
"""After how long it does so where it has found nothing several times: many queues are silent for hours."""


class Bell:
    """Wakes the one thread that waits on it."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        self._rung.set()

    def wait(self, seconds: float = LOOKS_AGAIN_AFTER) -> bool:
        """Wait for a ring that has not been heard yet, or until the time is up; say whether it rang."""
        rang = self._rung.wait(seconds)
        self._rung.clear()
        return rang


class CommitBell(Bell):
    """Rings whenever the store commits; `wait` is the store's own."""

    def __init__(self, wait_for_commit: Callable[[float], object]) -> None:
        super().__init__()
        self._wait_for_commit = wait_for_commit

    def wait(self, seconds: float = LOOKS_AGAIN_AFTER) -> bool:
        return bool(self._wait_for_commit(seconds))


class Bells:
    """A bell for each name, made when first asked for."""

    def __init__(self) -> None:
        self._bells: dict[str, list[Bell]] = defaultdict(list)

    def new(self, name: str) -> Bell:
        """Hang one more bell that rings for `name`."""
        bell = Bell()
        self._bells[name].append(bell)
        return bell

    def ring(self, name: str) -> None:
        for bell in self._bells.get(name, ()):
            bell.ring()

    def ring_all(self) -> None:
        for name in tuple(self._bells):
            self.ring(name)
