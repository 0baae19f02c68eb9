"""The embedded queues: peek-lock, schedule, sessions in order and dead letters in one SQLite file (D4, D14).

A message lies in `scheduled` until it is due, then in `messages`, whose sequence is the order of becoming
due, and at last, if nobody can deal with it, in `dead_letters`. Whatever is due moves on before anything is
sent or received, so that the order is right however the business clock is moved.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.adapters import sqlite_queue_rows as rows
from shared.adapters import sqlite_sessions as sessions
from shared.adapters.sqlite import SqliteFile, instant_of, micros
from shared.kernel.clock import Clock
from shared.kernel.documents import Page
from shared.kernel.identity import IdSource, RandomIds
from shared.kernel.queues import (
    LARGEST_BODY,
    MOST_DELIVERIES,
    MOST_DELIVERIES_IN_A_SESSION,
    DeadLetter,
    LockLost,
    OutgoingMessage,
    QueueDepth,
    ReceivedMessage,
    SessionLease,
)
from shared.kernel.refusals import Nonsense, NotFound

LONGEST_NAME = 128
"""Characters in a message or session id, as Service Bus has it."""
LONGEST_NUMBER = 18
"""Digits of any number that a page can end with."""

_CLAIM = f"""
UPDATE messages SET lock_token = :token, locked_until = :until, deliveries = deliveries + 1
WHERE sequence IN (
    SELECT sequence FROM (
        SELECT sequence FROM messages WHERE queue = :queue AND session IS NULL AND lock_token IS NOT NULL
        AND locked_until <= :real ORDER BY locked_until LIMIT :limit)
    UNION ALL SELECT sequence FROM (
        SELECT sequence FROM messages WHERE queue = :queue AND session IS NULL AND lock_token IS NULL
        ORDER BY sequence LIMIT :limit)
    ORDER BY sequence LIMIT :limit)
RETURNING {rows.COLUMNS}
"""  # noqa: S608  # constants
_ANY = """
SELECT EXISTS (SELECT 1 FROM messages WHERE queue = :queue AND session IS NULL AND lock_token IS NULL)
OR EXISTS (SELECT 1 FROM scheduled WHERE queue = :queue AND due <= :now)
OR EXISTS (SELECT 1 FROM messages WHERE queue = :queue AND session IS NULL AND lock_token IS NOT NULL
    AND locked_until <= :real)
"""
_RENEW = "UPDATE messages SET locked_until = ? WHERE sequence = ? AND lock_token = ? AND locked_until > ?"


class SqliteQueues:
    """Keeps `Queues`' and `QueueReceiver`'s promises in one file.

    What was sent is forced to the disk. Locks and completions outlive the process, but a power cut may undo
    the last of them: then those messages come again, which handlers do not mind (D5).
    """

    def __init__(
        self,
        file: SqliteFile,
        *,
        clock: Clock,
        session_queues: frozenset[str],
        ids: IdSource | None = None,
    ) -> None:
        self._file = file
        self._clock = clock
        self._session_queues = session_queues
        self._ids = ids or RandomIds()
        file.prepare(rows.SCHEMA)

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:
        for message in messages:
            self._refuse_impossible(queue, message)
        ready = [rows.outgoing(message) for message in messages]

        def act(connection: sqlite3.Connection) -> None:
            now = self._now()
            rows.move_what_is_due(connection, queue, now)
            rows.keep(connection, queue, ready, now)

        self._file.write(act, ring=self._file.sent)

    def receive(self, queue: str, *, limit: int, lock_for: timedelta) -> Sequence[ReceivedMessage]:
        _insist_on(sessions=False, given=queue in self._session_queues)
        if not self._file.read(lambda connection: _is_any_due(connection, queue, self._now(), self._real())):
            return ()

        def act(connection: sqlite3.Connection) -> Sequence[ReceivedMessage]:
            rows.move_what_is_due(connection, queue, self._now())
            wanted = {"queue": queue, "limit": limit, "token": self._ids.new(), **self._lock(lock_for)}
            return rows.claim(connection, _CLAIM, wanted, most_deliveries=MOST_DELIVERIES)

        return self._file.write(act, durable=False)

    def accept_session(
        self,
        queue: str,
        *,
        lock_for: timedelta,
        wait: timedelta = timedelta(),  # noqa: ARG002  # whoever waits for a file waits for its bell
    ) -> SessionLease | None:
        _insist_on(sessions=True, given=queue in self._session_queues)
        if not self._file.read(
            lambda connection: sessions.is_any_free(connection, queue, self._now(), self._real())
        ):
            return None

        def act(connection: sqlite3.Connection) -> SessionLease | None:
            rows.move_what_is_due(connection, queue, self._now())
            return sessions.accept(connection, queue, self._ids.new(), **self._lock(lock_for))

        return self._file.write(act, durable=False)

    def receive_in_session(self, lease: SessionLease, *, limit: int) -> Sequence[ReceivedMessage]:
        def act(connection: sqlite3.Connection) -> Sequence[ReceivedMessage]:
            until = sessions.held_until(connection, lease, self._real())
            rows.move_what_is_due(connection, lease.queue, self._now())
            place = {"queue": lease.queue, "session": lease.session, "token": lease.token}
            wanted = {**place, "until": until, "limit": limit}
            return rows.claim(
                connection, sessions.CLAIM, wanted, most_deliveries=MOST_DELIVERIES_IN_A_SESSION
            )

        return self._file.write(act, durable=False)

    def renew(self, message: ReceivedMessage, *, lock_for: timedelta) -> datetime:
        if message.session is not None:
            return self.renew_session(_lease(message, message.session), lock_for=lock_for)
        lock = self._lock(lock_for)
        place = (lock["until"], message.sequence_number, message.lock_token, lock["real"])
        renewed = self._file.write(
            lambda connection: connection.execute(_RENEW, place).rowcount, durable=False
        )
        _insist(held=renewed == 1)
        return instant_of(lock["until"])

    def renew_session(self, lease: SessionLease, *, lock_for: timedelta) -> datetime:
        lock = self._lock(lock_for)
        held = self._file.write(lambda connection: sessions.renew(connection, lease, **lock), durable=False)
        _insist(held=held)
        return instant_of(lock["until"])

    def release_session(self, lease: SessionLease) -> None:
        real = self._real()
        self._file.write(
            lambda connection: sessions.release(connection, lease, real), ring=self._file.sent, durable=False
        )

    def complete(self, messages: Sequence[ReceivedMessage]) -> None:
        real = self._real()
        completed = self._file.write(
            lambda connection: sum(rows.take_away(connection, message, real) for message in messages),
            durable=False,
        )
        _insist(held=completed == len(messages))

    def abandon(self, message: ReceivedMessage) -> None:
        real = self._real()
        held = self._file.write(
            lambda connection: rows.give_back(connection, message, real), ring=self._file.sent, durable=False
        )
        _insist(held=held)

    def dead_letter(self, message: ReceivedMessage, *, reason: str, description: str = "") -> None:
        real, why = self._real(), (reason, description)
        _insist(held=self._file.write(lambda connection: rows.set_aside_held(connection, message, real, why)))

    def dead_letters(self, queue: str, *, limit: int = 100, after: str | None = None) -> Page[DeadLetter]:
        place = _place(after)
        found = self._file.read(lambda connection: rows.dead(connection, queue, place, limit + 1))
        return Page(
            tuple(found[:limit]), str(found[limit - 1].sequence_number) if len(found) > limit else None
        )

    def take_dead_letter(self, queue: str, sequence_number: int) -> DeadLetter:
        taken = self._file.write(lambda connection: rows.take_dead(connection, queue, sequence_number))
        if taken is None:
            raise NotFound
        return taken

    def depths(self) -> Sequence[QueueDepth]:
        now, real = self._now(), self._real()
        return self._file.read(lambda connection: rows.depths(connection, now, real))

    def forget_locks(self) -> None:
        """Let go of every lock, uncounted: for a host that knows that whoever held them is no more.

        The cost: a message that ends the whole process comes again however often it does so.
        """
        self._file.write(sessions.forget_locks, ring=self._file.sent)

    def _refuse_impossible(self, queue: str, message: OutgoingMessage) -> None:
        _insist_on(sessions=message.session is not None, given=queue in self._session_queues)
        for name in (message.id, message.session or "-"):
            if not 0 < len(name) <= LONGEST_NAME:
                text = f"a message or session id has 1 to {LONGEST_NAME} characters"
                raise ValueError(text)
        if len(message.body) > LARGEST_BODY:
            text = f"a message's body has {LARGEST_BODY} bytes at most"
            raise ValueError(text)

    def _lock(self, lock_for: timedelta) -> dict[str, int]:
        real = self._real()
        return {"real": real, "until": real + lock_for // timedelta(microseconds=1)}

    def _now(self) -> int:
        return micros(self._clock.now())

    def _real(self) -> int:
        return micros(self._clock.real())


def _is_any_due(connection: sqlite3.Connection, queue: str, now: int, real: int) -> bool:
    question = {"queue": queue, "now": now, "real": real}
    return bool(connection.execute(_ANY, question).fetchone()[0])


def _insist_on(*, sessions: bool, given: bool) -> None:
    """Refuse what Service Bus would refuse (a bug): a session queue works in sessions, others do not."""
    if sessions != given:
        message = "this queue works in sessions" if given else "this queue has no sessions"
        raise ValueError(message)


def _insist(*, held: bool) -> None:
    if not held:
        raise LockLost


def _lease(message: ReceivedMessage, session: str) -> SessionLease:
    return SessionLease(message.queue, session, message.lock_token, message.locked_until)


def _place(after: str | None) -> int:
    if after is not None and not (after.isdecimal() and len(after) <= LONGEST_NUMBER):
        raise Nonsense(("after", "is not where a page ended"))
    return int(after or 0)
