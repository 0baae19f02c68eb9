"""Keeps the locks of what is being worked on; and sees to it that a data folder has one host."""

import fcntl
import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from local.faults import described
from shared.kernel.queues import LockLost

log = logging.getLogger(__name__)

LOCKED_FOR = timedelta(seconds=30)
_RENEWED_AFTER = LOCKED_FOR / 3


class FolderInUse(Exception):
    """Another host is running on this data folder."""


class LockKeeper:
    """Renews locks that have been held for a while, so that work may take longer than a lock lasts."""

    def __init__(self, real_time: Callable[[], datetime]) -> None:
        self._real_time = real_time
        self._held: dict[str, tuple[datetime, Callable[[], datetime]]] = {}
        self._lock = threading.Lock()

    def hold(self, name: str, renew: Callable[[], datetime]) -> None:
        """Renew the lock by `renew` until it is let go."""
        with self._lock:
            self._held[name] = (self._real_time() + _RENEWED_AFTER, renew)

    def let_go(self, name: str) -> None:
        with self._lock:
            self._held.pop(name, None)

    def turn(self) -> bool:
        """Renew what is due to be renewed; say whether anything was."""
        now = self._real_time()
        with self._lock:
            due = [(name, renew) for name, (at, renew) in self._held.items() if at <= now]
        for name, renew in due:
            self._renew(name, renew)
        return bool(due)

    def _renew(self, name: str, renew: Callable[[], datetime]) -> None:
        try:
            renew()
        except LockLost:  # settled meanwhile, or lapsed: whoever holds it now decides
            self.let_go(name)
            return
        except Exception as error:  # noqa: BLE001  # one renewal that fails must not stop the others; it is due again
            log.warning("local.lock.not_renewed", extra={"error": described(error)})
            return
        with self._lock:
            if name in self._held:
                self._held[name] = (self._real_time() + _RENEWED_AFTER, renew)


@contextmanager
def only_host_of(folder: Path) -> Generator[None]:
    """Be the one host of this folder, or raise `FolderInUse`; the lock goes with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "host.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse from None
        yield
