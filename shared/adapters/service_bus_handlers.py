"""Senders and receivers of the Service Bus library, kept open: opening and closing take up to a second."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from azure.servicebus.exceptions import MessageSizeExceededError, ServiceBusServerBusyError

from shared.adapters.service_bus import LOST
from shared.kernel import tracing
from shared.kernel.refusals import TransientFault

T = TypeVar("T")


class Handler(Protocol):
    """What the library's senders and receivers have in common."""

    def __enter__(self) -> Any:
        """Open it, or find it open."""
        ...

    def close(self) -> None: ...


H = TypeVar("H", bound=Handler)


class Closings:
    """Closes handlers aside, since that may take a second; `wait` gives those under way a little time."""

    def __init__(self) -> None:
        self._under_way: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def close(self, handler: Handler) -> None:
        closing = threading.Thread(target=self._closed, args=(handler,), name="closing", daemon=True)
        with self._lock:
            self._under_way.add(closing)
        closing.start()

    def wait(self, seconds: float) -> None:
        with self._lock:
            under_way = list(self._under_way)
        for closing in under_way:
            closing.join(seconds)

    def _closed(self, handler: Handler) -> None:
        with contextlib.suppress(Exception):  # it may be broken already, and nobody needs it any more
            handler.close()
        with self._lock:
            self._under_way.discard(threading.current_thread())


class Kept(Generic[H]):
    """One handler: opened when first used, used by one thread at a time, replaced when it fails.

    What fails through a handler that was open already is done once more through a new one: the service closes
    links that were idle for ten minutes.
    """

    def __init__(self, make: Callable[[], H], closings: Closings) -> None:
        self._make = make
        self._closings = closings
        self._handler: H | None = None
        self._lock = threading.Lock()

    def use(self, act: Callable[[H], T]) -> T:
        with self._lock:
            if self._handler is not None:
                with contextlib.suppress(_Stale):
                    return self._through(self._handler, act, again=True)
            self._handler = self._make()
            return self._through(self._handler, act, again=False)

    def let_go(self, *, within: float = -1) -> None:
        """Close the handler, if whoever uses it is done by then; the next use opens another."""
        if self._lock.acquire(timeout=within):
            try:
                self._drop()
            finally:
                self._lock.release()

    def _through(self, handler: H, act: Callable[[H], T], *, again: bool) -> T:
        try:
            handler.__enter__()
            return act(handler)
        except (*LOST, MessageSizeExceededError, ServiceBusServerBusyError):
            raise
        except Exception:
            self._drop()
            tracing.count("queues.links_lost")
            if again:
                raise _Stale from None
            raise

    def _drop(self) -> None:
        if self._handler is not None:
            self._closings.close(self._handler)
            self._handler = None


class _Stale(Exception):
    """It failed through a handler that had been open for a while."""


class Lane(Generic[H]):
    """A handler that only one thread ever touches; whoever asks waits so long at most.

    The library may not return from a send that was refused, whatever time it is given. Then the thread is
    left behind with its handler, and everybody who waited in the lane is told.
    """

    def __init__(self, name: str, kept: Kept[H]) -> None:
        self._kept = kept
        self._asked: SimpleQueue[tuple[Callable[[H], None], Future[None]] | None] = SimpleQueue()
        self._is_lost = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def do(self, act: Callable[[H], None], *, within: float) -> None:
        """Do it through the handler. Raises `TransientFault` if it has not ended in time."""
        done: Future[None] = Future()
        self._asked.put((act, done))
        if self._is_lost:
            self._tell_all()
        try:
            done.result(within)
        except TimeoutError:
            self._is_lost = True
            self._tell_all()
            message = "it did not end in time"
            raise TransientFault(message) from None

    @property
    def is_lost(self) -> bool:
        return self._is_lost

    def close(self, seconds: float) -> None:
        """End what was asked, then close the handler; give up after so many seconds."""
        self._asked.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None and not self._is_lost:
            act, done = asked
            try:
                self._kept.use(act)
            except Exception as error:  # noqa: BLE001  # it is raised where it was asked for
                _tell(done, error)
            else:
                _tell(done, None)
        self._kept.let_go()

    def _tell_all(self) -> None:
        while not self._asked.empty():
            asked = self._asked.get()
            if asked is not None:
                _tell(asked[1], TransientFault("another did not end in time"))
        self._asked.put(None)


def _tell(done: "Future[None]", error: Exception | None) -> None:
    """Say how it ended, unless that has been said."""
    with contextlib.suppress(Exception):  # the one who asked may have been told by another thread just now
        done.set_exception(error) if error else done.set_result(None)
