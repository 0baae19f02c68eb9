"""One conversation with another machine, which is over in time whatever that machine does."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import timedelta
from typing import TypeVar

from shared.kernel.refusals import TransientFault
from shared.messaging.ports import OutcomeUnknown

T = TypeVar("T")

_TOO_LATE = "too late"


class Errand:
    """Knows how much time is left, and whether the other side may have taken the message yet."""

    def __init__(self, within: timedelta) -> None:
        self._ends = time.monotonic() + within.total_seconds()
        self._lock = threading.Lock()
        self._may_be_taken = False
        self._is_given_up = False
        self._hang_up: Callable[[], None] | None = None

    def left(self) -> float:
        """Give the seconds that the next step may take; when there are none, it is not taken."""
        left = self._ends - time.monotonic()
        if left <= 0 or self._is_given_up:
            raise self.broken_off(_TOO_LATE)
        return left

    def begin(self) -> None:
        """Say, just before the message itself is sent, that it may be taken from here on.

        Once the errand has been given up this raises: what was told never to have been sent never is.
        """
        with self._lock:
            self.left()
            self._may_be_taken = True

    def broken_off(
        self, why: str, *, retry_after: timedelta | None = None
    ) -> TransientFault | OutcomeUnknown:
        """Give what it means that the conversation ends here; `why` is a word for the log."""
        if self._may_be_taken:
            return OutcomeUnknown(why)
        return TransientFault(why, retry_after=retry_after)

    def hangs_up_by(self, hang_up: Callable[[], None]) -> None:
        """Name what ends the conversation at once, from another thread and without waiting."""
        self._hang_up = hang_up

    def give_up(self) -> TransientFault | OutcomeUnknown:
        """Let nothing more be begun, hang up, and give what that means."""
        with self._lock:
            self._is_given_up = True
        if self._hang_up is not None:
            self._hang_up()
        return self.broken_off(_TOO_LATE)


def in_time(work: Callable[[Errand], T], within: timedelta) -> T:
    """Do it, or give it up when its time is over.

    That is a `TransientFault` before it was begun, else an `OutcomeUnknown`. Timeouts of sockets begin anew
    with every byte, and looking up a name has none, so the work has a thread of its own. What is given up is
    not waited for and begins nothing more, but its thread cannot be ended from outside: it stays until the
    name is found or not, and until the other side stops trickling or is hung up on. Nothing bounds that.
    """
    errand, outcome = Errand(within), Future[T]()
    threading.Thread(target=_run, args=(work, errand, outcome), daemon=True).start()
    wait((outcome,), within.total_seconds())
    if not outcome.done():
        failure = errand.give_up()
        if not outcome.done():  # it may have come about just now
            raise failure
    return outcome.result()


def _run(work: Callable[[Errand], T], errand: Errand, outcome: Future[T]) -> None:
    try:
        outcome.set_result(work(errand))
    except BaseException as error:  # noqa: BLE001  # whatever it is belongs to who waits for the outcome
        outcome.set_exception(error)
