"""Carry messages from queues to functions: peek-lock, at least once, in order within a session (D14)."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Protocol

from local.app_index import QueueFunction
from local.bells import LOOKS_AGAIN_AFTER, LOOKS_AGAIN_AT_THE_LATEST, Bell
from local.faults import described
from local.invocation import Workers, argument_for
from local.locks import LOCKED_FOR, LockKeeper
from shared.adapters.sqlite_session_batches import SettledSession, TakenSession
from shared.kernel.queues import LockLost, QueueReceiver, ReceivedMessage

log = logging.getLogger(__name__)

_BACK_OFF_SECONDS = 1.0
_PATIENCE_SECONDS = 0.02
_SESSION_BATCH = 32
_OF_SLOW_WORK = 2
_OF_QUICK_WORK = 8
_QUICK_SECONDS = 0.25
_LOOKS_BACK = 16


class Pump(Protocol):
    """Something that is turned again and again by a thread of its own."""

    def turn(self) -> bool:
        """Do what there is to do now; say whether there was anything."""
        ...


class Sessions(Protocol):
    """Sessions by the batch: each a lease with its first messages, and what became of them."""

    def take(
        self, queue: str, *, limit: int, messages: int, lock_for: timedelta
    ) -> Sequence[TakenSession]: ...

    def settle(self, settled: Sequence[SettledSession]) -> int: ...


class PumpThread:
    """Turns a pump until it is stopped, and waits for its bell when there was nothing to do."""

    def __init__(self, name: str, pump: Pump, bell: Bell) -> None:
        self.name = name
        self._pump = pump
        self._bell = bell
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stopping.set()
        self._bell.ring()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        pause = LOOKS_AGAIN_AFTER
        while not self._stopping.is_set():
            try:
                worked = self._pump.turn()
            except Exception as error:  # noqa: BLE001  # a pump that died would strand its queue without a word
                told = {"pump": self.name, "error": described(error)}
                log.error("local.pump.stumbled", extra=told)  # noqa: TRY400  # a traceback would hold the text
                self._stopping.wait(_BACK_OFF_SECONDS)
            else:
                has_news = worked or self._bell.wait(pause)
                pause = LOOKS_AGAIN_AFTER if has_news else min(2 * pause, LOOKS_AGAIN_AT_THE_LATEST)


@dataclass(frozen=True, slots=True)
class QueueTools:
    """What every pump of a queue works with."""

    receiver: QueueReceiver
    sessions: Sessions
    workers: Workers
    keeper: LockKeeper


@dataclass(slots=True)
class Patience:
    """Waits a moment for company: settling one by one under load costs a commit each."""

    _since: float | None = None

    def is_over(self, ended: int, *, of: int, most: int) -> bool:
        """Say whether to settle: a quarter of what may be under way has ended, or all, or some for long."""
        if not ended:
            self._since = None
            return False
        now = time.monotonic()
        self._since = self._since or now
        over = ended * 4 >= most or ended == of or now - self._since > _PATIENCE_SECONDS
        if over:
            self._since = None
        return over


@dataclass(slots=True)
class Ahead:
    """How much is handed out before a thread is free for it, so that all are busy while the disk settles.

    The more, the more is settled with one commit; but all queues share the threads, and behind much slow work
    the others would wait long. So it is much only of what has been quick lately.
    """

    threads: int
    _seconds: float = 2 * _QUICK_SECONDS

    @property
    def most(self) -> int:
        return self.threads * (_OF_QUICK_WORK if self._seconds < _QUICK_SECONDS else _OF_SLOW_WORK)

    def note(self, seconds: float) -> None:
        """Remember how long one message took: a slow one counts at once, and is forgotten by and by."""
        self._seconds = max(seconds, self._seconds + (seconds - self._seconds) / _LOOKS_BACK)


@dataclass(slots=True)
class PlainPump:
    """Hands the messages of one plain queue to its function, several at once, in no order.

    Handlers only note that they are done; the pump completes what is done in one go, since each settlement
    waits for the disk. The cost of being killed in between is that those messages come again.
    """

    function: QueueFunction
    tools: QueueTools
    bell: Bell
    ahead: Ahead
    _in_flight: int = 0
    _done: list[ReceivedMessage] = field(default_factory=list[ReceivedMessage])
    _failed: list[ReceivedMessage] = field(default_factory=list[ReceivedMessage])
    _patience: Patience = field(default_factory=Patience)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self) -> bool:
        settled = self._is_worth_settling() and self.settle()
        most = self.ahead.most
        room = most - self._in_flight
        if room < max(1, most // 4):
            return settled
        messages = self.tools.receiver.receive(self.function.queue, limit=room, lock_for=LOCKED_FOR)
        for batch in [messages] if self.function.many and messages else [[message] for message in messages]:
            self._begin(batch)
        return settled or bool(messages)

    def _is_worth_settling(self) -> bool:
        with self._lock:
            ended = len(self._done) + len(self._failed)
            return self._patience.is_over(ended, of=self._in_flight, most=self.ahead.most)

    def settle(self) -> bool:
        """Complete what is done and give back what failed; say whether there was anything."""
        with self._lock:
            done, self._done = self._done, []
            failed, self._failed = self._failed, []
            self._in_flight -= len(done) + len(failed)
        for message in (*done, *failed):
            self.tools.keeper.let_go(hold_of(message))
        complete(self.tools.receiver, done)
        for message in failed:
            abandon(self.tools.receiver, message)
        return bool(done or failed)

    def _begin(self, batch: Sequence[ReceivedMessage]) -> None:
        self._in_flight += len(batch)
        for message in batch:
            renew = partial(self.tools.receiver.renew, message, lock_for=LOCKED_FOR)
            self.tools.keeper.hold(hold_of(message), renew)
        self.tools.workers.start(partial(self._handle, batch))

    def _handle(self, batch: Sequence[ReceivedMessage]) -> None:
        began = time.monotonic()
        went_well = handled(self.function, self.tools.workers, batch)
        with self._lock:
            self.ahead.note((time.monotonic() - began) / len(batch))
            (self._done if went_well else self._failed).extend(batch)
        self.bell.ring()


@dataclass(slots=True)
class SessionPump:
    """Hands the messages of a session queue to its function: sessions side by side, each in order.

    Like the plain pump, it settles in one go what its handlers have finished. After a failure the session is
    let go, and begins again at the message that failed.
    """

    function: QueueFunction
    tools: QueueTools
    bell: Bell
    ahead: Ahead
    _active: int = 0
    _settled: list[SettledSession] = field(default_factory=list[SettledSession])
    _patience: Patience = field(default_factory=Patience)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self) -> bool:
        settled = self._is_worth_settling() and self.settle()
        most = self.ahead.most
        room = most - self._active
        if room < max(1, most // 4):
            return settled
        taken = self.tools.sessions.take(
            self.function.queue, limit=room, messages=_SESSION_BATCH, lock_for=LOCKED_FOR
        )
        for session in taken:
            self._begin(session)
        return settled or bool(taken)

    def _is_worth_settling(self) -> bool:
        with self._lock:
            return self._patience.is_over(len(self._settled), of=self._active, most=self.ahead.most)

    def settle(self) -> bool:
        """Settle and let go the sessions that were worked through; say whether there were any."""
        with self._lock:
            settled, self._settled = self._settled, []
            self._active -= len(settled)
        for session in settled:
            self.tools.keeper.let_go(session.lease.token)
        lapsed = self.tools.sessions.settle(settled)
        if lapsed:
            log.info("local.session.lost", extra={"queue": self.function.queue, "messages": lapsed})
        return bool(settled)

    def hurry(self) -> None:
        """Begin no further message, only end those that have begun."""
        self._stopping.set()

    def _begin(self, session: TakenSession) -> None:
        self._active += 1
        renew = partial(self.tools.receiver.renew_session, session.lease, lock_for=LOCKED_FOR)
        self.tools.keeper.hold(session.lease.token, renew)
        self.tools.workers.start(partial(self._work_through, session))

    def _work_through(self, session: TakenSession) -> None:
        began = time.monotonic()
        settled = self._worked_through(session)
        with self._lock:
            self.ahead.note((time.monotonic() - began) / len(session.messages))
            self._settled.append(settled)
        self.bell.ring()

    def _worked_through(self, session: TakenSession) -> SettledSession:
        for position, message in enumerate(session.messages):
            if self._stopping.is_set():
                return SettledSession(session.lease, session.messages[:position])
            if not handled(self.function, self.tools.workers, [message]):
                return SettledSession(session.lease, session.messages[:position], message)
        return SettledSession(session.lease, session.messages)


def handled(function: QueueFunction, workers: Workers, batch: Sequence[ReceivedMessage]) -> bool:
    """Call the function; say whether it returned rather than raised."""
    try:
        workers.call(function.function, argument_for(batch, many=function.many))
    except Exception as error:  # noqa: BLE001  # whatever a function raises, its message is given back and comes again
        log.warning(
            "local.message.failed",
            extra={
                "function": function.function.name,
                "queue": function.queue,
                "message_ids": [message.id for message in batch],
                "delivery": batch[0].delivery_count,
                "error": described(error),
            },
        )
        return False
    return True


def hold_of(message: ReceivedMessage) -> str:
    """Name the hold on one message: those received together may share a lock token."""
    return f"{message.lock_token}~{message.sequence_number}"


def complete(receiver: QueueReceiver, messages: Sequence[ReceivedMessage]) -> None:
    """Complete the messages; one whose lock has lapsed comes again, which is no fault of the others."""
    if not messages:
        return
    try:
        receiver.complete(messages)
    except LockLost:
        log.info("local.message.lock_lost", extra={"queue": messages[0].queue})


def abandon(receiver: QueueReceiver, message: ReceivedMessage) -> None:
    """Give the message back; if its lock has lapsed it is back already."""
    try:
        receiver.abandon(message)
    except LockLost:
        log.info("local.message.lock_lost", extra={"queue": message.queue})
