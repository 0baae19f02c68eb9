"""Threads on which the Service Bus library is used: it may not return, whatever time it is given."""

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import timedelta
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from shared.adapters.service_bus_handlers import Closings, H, Kept
from shared.kernel.refusals import TransientFault

T = TypeVar("T")

PAUSE = 10.0
"""Seconds between two tries while the service says nothing; each thread that is still out doubles it."""
_LONGEST_PAUSE = 600.0


class Silence:
    """Remembers the threads that did not come back, so that hardly any more are lost after them.

    From the first one given up until something is answered, one new thread is let through after each pause;
    all others are refused at once. Where `one_may_fail`, there is no pause before the first such try: a send
    may be lost at a service that is well.
    """

    def __init__(self, pause: float = PAUSE, *, one_may_fail: bool = False) -> None:
        self._pause = pause
        self._one_may_fail = one_may_fail
        self._out: list[threading.Thread] = []
        self._lasts = False
        self._next_try = 0.0
        self._lock = threading.Lock()

    def begin(self, thread: threading.Thread) -> None:
        with self._lock:
            self._out.append(thread)
            is_first, self._lasts = not self._lasts, True
            self._put_off()
            if is_first and self._one_may_fail:
                self._next_try = 0.0

    def end(self) -> None:
        self._lasts = False

    def refuse(self) -> None:
        """Raise `TransientFault` while it lasts, except to the one whose turn it is to try."""
        with self._lock:
            if not self._lasts:
                return
            left = self._next_try - time.monotonic()
            if left > 0:
                message = "the service says nothing"
                raise TransientFault(message, retry_after=timedelta(seconds=left))
            self._put_off()

    def _put_off(self) -> None:
        self._out = [thread for thread in self._out if thread.is_alive()]
        doubled = self._pause * 2.0 ** max(len(self._out) - 1, 0)
        self._next_try = time.monotonic() + min(doubled, _LONGEST_PAUSE)


class Lane:
    """A thread that does one thing after the other; whoever asks waits so long at most.

    If something does not end in time, the thread is left behind and everybody who waited is told. It does
    what is to be done `at_the_end` in any case, even if it comes back late.
    """

    def __init__(self, name: str, silence: Silence, at_the_end: Callable[[], None]) -> None:
        silence.refuse()
        self._silence = silence
        self._at_the_end = at_the_end
        self._asked: SimpleQueue[tuple[Callable[[], None], Future[Any]] | None] = SimpleQueue()
        self._is_over = self._is_lost = False
        self._began = 0.0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def do(self, act: Callable[[], T], *, within: float) -> T:
        """Do it, its turn and the act itself each within that time. Raises `TransientFault` if not."""
        done: Future[T] = Future()
        self._asked.put((lambda: self._do(act, done), done))
        if self._is_over:
            self._tell_all()
        wait({done}, within)
        if not done.done() and not done.cancel():
            wait({done}, self._began + within - time.monotonic())
            if not done.done():
                self._give_up()
        if done.cancelled():
            message = "its turn did not come in time"
            raise TransientFault(message)
        if not self._is_over:
            self._silence.end()
        return done.result()

    @property
    def is_over(self) -> bool:
        return self._is_over

    def close(self, seconds: float) -> None:
        """End what was asked and then the thread; wait for that so many seconds at most."""
        self._asked.put(None)
        if not self._is_lost:
            self._thread.join(seconds)

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            if self._is_lost:
                _tell(asked[1])
            else:
                asked[0]()
        self._is_over = True
        self._tell_all()
        with contextlib.suppress(Exception):  # nobody is there any more to be told
            self._at_the_end()

    def _do(self, act: Callable[[], T], done: "Future[T]") -> None:
        self._began = time.monotonic()
        if not done.set_running_or_notify_cancel():
            return
        try:
            found = act()
        except Exception as error:  # noqa: BLE001  # it is raised where it was asked for
            done.set_exception(error)
        else:
            done.set_result(found)

    def _give_up(self) -> None:
        if not self._is_lost:
            self._is_lost = self._is_over = True
            self._silence.begin(self._thread)
        self._tell_all()
        message = "it did not end in time"
        raise TransientFault(message)

    def _tell_all(self) -> None:
        while not self._asked.empty():
            with contextlib.suppress(Exception):  # another thread may have emptied it just now
                asked = self._asked.get_nowait()
                if asked is not None:
                    _tell(asked[1])
        self._asked.put(None)


class Way(Generic[H]):
    """A handler that is kept open and used in a lane, both replaced when they are lost."""

    def __init__(self, name: str, make: Callable[[], H], closings: Closings, silence: Silence) -> None:
        self._name = name
        self._make = make
        self._closings = closings
        self._silence = silence
        self._open: tuple[Lane, Kept[H]] | None = None
        self._lock = threading.Lock()

    def use(self, act: Callable[[H], T], *, within: float) -> T:
        """Do it through the handler. Raises `TransientFault` if it does not end in time."""
        lane, kept = self._opened()
        return lane.do(lambda: kept.use(act), within=within)

    def let_go(self, *, within: float) -> None:
        """Close the handler when its turn comes; the next use opens another."""
        lane, kept = self._opened()
        lane.do(kept.let_go, within=within)

    def close(self, seconds: float) -> None:
        """End what was asked, then close the handler; wait for that so many seconds at most."""
        with self._lock:
            opened = self._open
        if opened is not None:
            opened[0].close(seconds)

    def _opened(self) -> tuple[Lane, Kept[H]]:
        with self._lock:
            if self._open is None or self._open[0].is_over:
                kept = Kept(self._make, self._closings)
                self._open = Lane(self._name, self._silence, kept.let_go), kept
            return self._open


def _tell(done: "Future[Any]") -> None:
    """Say that it will not be done, unless whoever asked has gone."""
    with contextlib.suppress(Exception):
        done.set_exception(TransientFault("another did not end in time"))
