"""Carry messages from a broker that waits by itself: nothing is looked for again and again (D14).

A thread that waits on the broker cannot be called back, so it is left waiting when the host stops: what it is
given then, it gives back.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Protocol

from local.app_index import QueueFunction
from local.bells import Bell
from local.faults import described
from local.invocation import Workers
from local.locks import LOCKED_FOR, LockKeeper
from local.pumps import abandon, complete, handled, hold_of
from local.underway import Underway
from shared.kernel.queues import LockLost, QueueReceiver, ReceivedMessage, SessionLease

log = logging.getLogger(__name__)

WAITS_FOR_MESSAGES = timedelta(seconds=2)
WAITS_FOR_SESSIONS = timedelta(seconds=60)
"""As long as the service waits at most; asking again means a new connection."""
HELPS_FOR = timedelta(seconds=5)
"""How long those wait for a session who came because there was much to do."""
STAYS_IN_A_SESSION = timedelta(seconds=0.2)
"""For a message more. Leaving is cheap where somebody waits for the next session already."""
_FEWEST_WAITING = 2
"""Threads that wait for a session of one queue; as long as there are sessions to be had, more and more do."""
_AT_ONCE_SECONDS = 2.0
"""A session that comes within this was there before it was asked for, connecting included."""
_BACK_OFF_SECONDS = 1.0
_TO_END_SECONDS = 5.0


class WaitingReceiver(QueueReceiver, Protocol):
    """A receiver whose broker waits for what is to come, and tells quickly whether there is anything."""

    def receive(
        self, queue: str, *, limit: int, lock_for: timedelta, wait: timedelta = timedelta()
    ) -> Sequence[ReceivedMessage]: ...

    def receive_in_session(
        self, lease: SessionLease, *, limit: int, wait: timedelta = timedelta()
    ) -> Sequence[ReceivedMessage]: ...

    def is_anything_due(self) -> bool:
        """Say whether in any queue something waits or is locked."""
        ...


@dataclass(frozen=True, slots=True)
class BrokerTools:
    """What every pump of a broker's queue works with."""

    receiver: WaitingReceiver
    workers: Workers
    keeper: LockKeeper


@dataclass(slots=True)
class BrokerPlainPump:
    """Hands the messages of one plain queue to its function, several at once, in no order.

    One thread waits on the broker; each worker settles what it has handled.
    """

    function: QueueFunction
    tools: BrokerTools
    most_at_once: int
    _underway: Underway = field(init=False)
    _listener: threading.Thread | None = None

    def __post_init__(self) -> None:
        self._underway = Underway(self.most_at_once)

    def turn(self) -> bool:
        """See to it that somebody listens."""
        if self._listener is None:
            self._listener = _thread(self.function, self._listen)
        return False

    def hurry(self) -> None:
        """Begin no further message."""
        self._underway.stop()

    def settle(self) -> bool:
        """Let what has begun be settled; say whether it was in time."""
        return self._underway.until_none(_TO_END_SECONDS)

    def _listen(self) -> None:
        while room := self._underway.room():
            try:
                messages = self.tools.receiver.receive(
                    self.function.queue,
                    limit=room if self.function.many else 1,
                    lock_for=LOCKED_FOR,
                    wait=WAITS_FOR_MESSAGES,
                )
            except Exception as error:  # noqa: BLE001  # a listener that died would strand its queue without a word
                _stumbled(self.function, self._underway, error)
            else:
                self._begin(messages)

    def _begin(self, messages: Sequence[ReceivedMessage]) -> None:
        if not messages:
            return
        if not self._underway.begin(len(messages)):
            _give_back(self.tools.receiver, messages)
            return
        for message in messages:
            renew = partial(self.tools.receiver.renew, message, lock_for=LOCKED_FOR)
            self.tools.keeper.hold(hold_of(message), renew)
        started = self.tools.workers.start(partial(self._handle, messages))
        started.add_done_callback(lambda _: self._end(messages))

    def _handle(self, messages: Sequence[ReceivedMessage]) -> None:
        if handled(self.function, self.tools.workers, messages):
            complete(self.tools.receiver, messages)
        else:
            _give_back(self.tools.receiver, messages)

    def _end(self, messages: Sequence[ReceivedMessage]) -> None:
        for message in messages:
            self.tools.keeper.let_go(hold_of(message))
        self._underway.end(len(messages))


@dataclass(slots=True)
class BrokerSessionPump:
    """Hands the messages of a session queue to its function: sessions side by side, each in order.

    A few threads wait on the broker for a session each. Whoever is given one works it through and leaves it
    when nothing more comes, or after a failure; then it begins again at the message that failed.
    """

    function: QueueFunction
    tools: BrokerTools
    bell: Bell
    most_sessions: int
    _sessions: Underway = field(init=False)
    _waiting: int = 0
    _wanted: int = _FEWEST_WAITING
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._sessions = Underway(self.most_sessions)

    def turn(self) -> bool:
        """See to it that enough threads wait for a session: more while there is much to do."""
        while (wait := self._one_more_may_wait()) is not None:
            _thread(self.function, partial(self._attend, wait))
        return False

    def hurry(self) -> None:
        """Begin no further message, only end those that have begun."""
        self._sessions.stop()

    def settle(self) -> bool:
        """Let the sessions be left; say whether it was in time."""
        return self._sessions.until_none(_TO_END_SECONDS)

    def _one_more_may_wait(self) -> timedelta | None:
        """Count one more who waits, and give for how long; None if there are enough."""
        room = self.most_sessions - self._sessions.count()
        with self._lock:
            if self._sessions.is_stopping() or self._waiting >= min(self._wanted, room):
                return None
            self._waiting += 1
            return WAITS_FOR_SESSIONS if self._waiting <= _FEWEST_WAITING else HELPS_FOR

    def _attend(self, wait: timedelta) -> None:
        lease, asked = None, time.monotonic()
        try:
            lease = self.tools.receiver.accept_session(self.function.queue, lock_for=LOCKED_FOR, wait=wait)
        except Exception as error:  # noqa: BLE001  # a thread that died would strand its queue without a word
            _stumbled(self.function, self._sessions, error)
        begun = lease is not None and self._sessions.begin()
        self._note_end_of_waiting(lease, time.monotonic() - asked)
        self.bell.ring()
        if lease is not None:
            self._stay(lease, begun=begun)

    def _note_end_of_waiting(self, lease: SessionLease | None, seconds: float) -> None:
        is_busy = lease is not None and seconds < _AT_ONCE_SECONDS
        with self._lock:
            self._waiting -= 1
            self._wanted = min(2 * self._wanted, self.most_sessions) if is_busy else _FEWEST_WAITING

    def _stay(self, lease: SessionLease, *, begun: bool) -> None:
        renew = partial(self.tools.receiver.renew_session, lease, lock_for=LOCKED_FOR)
        self.tools.keeper.hold(lease.token, renew)
        try:
            while begun and self._is_next_done(lease):
                pass
        except LockLost:
            log.info("local.session.lost", extra={"queue": lease.queue})
        except Exception as error:  # noqa: BLE001  # the session is given back, and begins again where it was
            _stumbled(self.function, self._sessions, error)
        finally:
            self.tools.keeper.let_go(lease.token)
            self.tools.receiver.release_session(lease)
            if begun:
                self._sessions.end()
            self.bell.ring()

    def _is_next_done(self, lease: SessionLease) -> bool:
        """Handle the session's next message; say whether to go on."""
        if self._sessions.is_stopping():
            return False
        messages = self.tools.receiver.receive_in_session(lease, limit=1, wait=STAYS_IN_A_SESSION)
        if not messages or self._sessions.is_stopping():
            return False
        well = self._is_handled(messages)
        if well:
            complete(self.tools.receiver, messages)
        elif well is not None:
            abandon(self.tools.receiver, messages[0])
        return bool(well)

    def _is_handled(self, messages: Sequence[ReceivedMessage]) -> bool | None:
        """Say whether the function returned, rather than raised; None if it was not called any more."""
        ends: list[bool] = []
        work = self.tools.workers.start(
            lambda: ends.append(handled(self.function, self.tools.workers, messages))
        )
        try:
            work.result()
        except CancelledError:
            return None
        return ends[0] if ends else False


def _thread(function: QueueFunction, run: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=run, name=f"waits for {function.queue}", daemon=True)
    thread.start()
    return thread


def _give_back(receiver: QueueReceiver, messages: Sequence[ReceivedMessage]) -> None:
    for message in messages:
        abandon(receiver, message)


def _stumbled(function: QueueFunction, underway: Underway, error: Exception) -> None:
    """Say so and wait a little, unless all is to end; without a traceback, which would hold the text."""
    if not underway.is_stopping():
        told = {"pump": function.function.name, "error": described(error)}
        log.error("local.pump.stumbled", extra=told)
        underway.pause(_BACK_OFF_SECONDS)
