"""Senders and receivers of the Service Bus library, kept open: opening and closing take up to a second."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from azure.servicebus.exceptions import MessageSizeExceededError, ServiceBusServerBusyError

from shared.adapters.service_bus import LOST
from shared.kernel import tracing

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
    """One handler of one thread: opened when first used, replaced when it fails.

    What fails through a handler that was open already is done once more through a new one: the service closes
    links that were idle for ten minutes.
    """

    def __init__(self, make: Callable[[], H], closings: Closings) -> None:
        self._make = make
        self._closings = closings
        self._handler: H | None = None

    def use(self, act: Callable[[H], T]) -> T:
        if self._handler is not None:
            with contextlib.suppress(_Stale):
                return self._through(self._handler, act, again=True)
        self._handler = self._make()
        return self._through(self._handler, act, again=False)

    def let_go(self) -> None:
        """Close the handler; the next use opens another."""
        if self._handler is not None:
            self._closings.close(self._handler)
            self._handler = None

    def _through(self, handler: H, act: Callable[[H], T], *, again: bool) -> T:
        try:
            handler.__enter__()
            return act(handler)
        except (*LOST, MessageSizeExceededError, ServiceBusServerBusyError):
            raise
        except Exception:
            self.let_go()
            tracing.count("queues.links_lost")
            if again:
                raise _Stale from None
            raise


class _Stale(Exception):
    """It failed through a handler that had been open for a while."""
