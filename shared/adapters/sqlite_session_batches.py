"""Many sessions at once from the embedded queues: one commit to take them, one to settle them (D14)."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.adapters import sqlite_queue_rows as rows
from shared.adapters import sqlite_sessions as sessions
from shared.adapters.sqlite import SqliteFile, micros
from shared.kernel.clock import Clock
from shared.kernel.identity import IdSource
from shared.kernel.queues import MOST_DELIVERIES_IN_A_SESSION, ReceivedMessage, SessionLease


@dataclass(frozen=True, slots=True)
class TakenSession:
    """A session that is ours for a while, with its first messages in order."""

    lease: SessionLease
    messages: Sequence[ReceivedMessage]


@dataclass(frozen=True, slots=True)
class SettledSession:
    """What became of a taken session: messages done, at most one that failed, the rest untouched."""

    lease: SessionLease
    done: Sequence[ReceivedMessage]
    failed: ReceivedMessage | None = None


class SqliteSessionBatches:
    """Takes and settles sessions as `QueueReceiver` does one by one, at a share of the fsyncs."""

    def __init__(self, file: SqliteFile, *, clock: Clock, ids: IdSource) -> None:
        self._file = file
        self._clock = clock
        self._ids = ids

    def take(self, queue: str, *, limit: int, messages: int, lock_for: timedelta) -> Sequence[TakenSession]:
        """Lock up to `limit` sessions, longest waiting first, each with up to `messages` of its messages."""
        now, real = micros(self._clock.now()), micros(self._clock.real())
        if not self._file.read(lambda connection: sessions.is_any_free(connection, queue, now, real)):
            return ()
        until = micros(self._clock.real() + lock_for)

        def act(connection: sqlite3.Connection) -> Sequence[TakenSession]:
            rows.move_what_is_due(connection, queue, now)
            taken: list[TakenSession] = []
            while len(taken) < limit:
                lease = sessions.accept(connection, queue, self._ids.new(), real=real, until=until)
                if lease is None:
                    break
                claimed = _claim(connection, lease, until, messages)
                if claimed:
                    taken.append(TakenSession(lease, claimed))
                else:
                    sessions.release(connection, lease, real)
            return taken

        return self._file.write(act, durable=False)

    def settle(self, settled: Sequence[SettledSession]) -> int:
        """Complete what is done, give back what failed, let go; say how many locks had lapsed."""
        real = micros(self._clock.real())

        def act(connection: sqlite3.Connection) -> int:
            lapsed, alone = _finish(connection, settled, real)
            return lapsed + sum(_settle(connection, one, real) for one in alone)

        return self._file.write(act, ring=self._file.sent, durable=False) if settled else 0


def _claim(
    connection: sqlite3.Connection, lease: SessionLease, until: int, limit: int
) -> Sequence[ReceivedMessage]:
    wanted = {
        "queue": lease.queue,
        "session": lease.session,
        "token": lease.token,
        "until": until,
        "limit": limit,
    }
    return rows.claim(connection, sessions.CLAIM, wanted, most_deliveries=MOST_DELIVERIES_IN_A_SESSION)


def _finish(
    connection: sqlite3.Connection, settled: Sequence[SettledSession], real: int
) -> tuple[int, Sequence[SettledSession]]:
    """Settle together what went well; give how many locks had lapsed, and what is to be settled alone."""
    well: dict[str, dict[SessionLease, SettledSession]] = defaultdict(dict)
    alone = [one for one in settled if one.failed is not None]
    for one in settled:
        if one.failed is None:
            well[one.lease.queue][one.lease] = one
    lapsed = 0
    for queue, ones in well.items():
        done = {lease: [message.sequence_number for message in one.done] for lease, one in ones.items()}
        missing, not_held = sessions.finish(connection, queue, done, real)
        lapsed += missing
        alone += [ones[lease] for lease in not_held]
    return lapsed, alone


def _settle(connection: sqlite3.Connection, settled: SettledSession, real: int) -> int:
    held = [rows.take_away(connection, message, real) for message in settled.done]
    if settled.failed is not None:
        held.append(rows.give_back(connection, settled.failed, real))
    sessions.release(connection, settled.lease, real)
    return held.count(False)
