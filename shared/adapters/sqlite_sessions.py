"""The rows of the embedded queues' sessions: one for each in which something lies, and who holds it."""

import sqlite3
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import orjson

from shared.adapters.sqlite import instant_of
from shared.adapters.sqlite_queue_rows import COLUMNS
from shared.kernel.queues import LockLost, SessionLease

CLAIM = f"""
UPDATE messages SET lock_token = :token, locked_until = :until, deliveries = deliveries + 1
WHERE sequence IN (
    SELECT sequence FROM messages WHERE queue = :queue AND session = :session AND lock_token IS NULL
    ORDER BY sequence LIMIT :limit)
RETURNING {COLUMNS}
"""  # noqa: S608  # constants

_ANY_FREE = """
SELECT EXISTS (SELECT 1 FROM sessions WHERE queue = :queue AND locked_until <= :real)
OR EXISTS (SELECT 1 FROM scheduled WHERE queue = :queue AND due <= :now)
"""
_LONGEST_WAITING = """
SELECT session, token FROM sessions WHERE queue = ? AND locked_until <= ? ORDER BY waiting_from LIMIT 1
"""
_FIRST = "SELECT min(sequence) FROM messages WHERE queue = ? AND session = ? AND lock_token IS NULL"
_HOLD = "UPDATE sessions SET token = ?, locked_until = ? WHERE queue = ? AND session = ?"
_HELD_UNTIL = "SELECT locked_until FROM sessions WHERE queue = ? AND session = ? AND token = ?"
_RENEW = (
    "UPDATE sessions SET locked_until = ? WHERE queue = ? AND session = ? AND token = ? AND locked_until > ?"
)
_GIVE_BACK = """
UPDATE messages SET lock_token = NULL, deliveries = deliveries - ?
WHERE queue = ? AND session = ? AND lock_token = ?
"""
_LET_GO = """
UPDATE sessions SET token = NULL, locked_until = 0, waiting_from = ? WHERE queue = ? AND session = ?
"""
_HELD_OF_MANY = """
SELECT s.session, s.token FROM json_each(:sessions) AS wanted CROSS JOIN sessions AS s
WHERE s.queue = :queue AND s.session = wanted.value AND s.locked_until > :real
"""
_TAKE_AWAY_MANY = """
DELETE FROM messages WHERE sequence IN (SELECT value FROM json_each(:sequences))
AND lock_token IN (SELECT value FROM json_each(:tokens))
"""
_NOT_EMPTY = """
SELECT DISTINCT m.session FROM json_each(:sessions) AS held CROSS JOIN messages AS m
WHERE m.queue = :queue AND m.session = held.value
"""
_DROP_MANY = "DELETE FROM sessions WHERE queue = ? AND session IN (SELECT value FROM json_each(?))"
_UNLOCK_ALL = """
UPDATE messages SET lock_token = NULL, locked_until = 0, deliveries = deliveries - 1
WHERE lock_token IS NOT NULL
"""
_DROP_EMPTY = """
DELETE FROM sessions WHERE NOT EXISTS (
    SELECT 1 FROM messages AS m WHERE m.queue = sessions.queue AND m.session = sessions.session)
"""
_LET_ALL_GO = """
UPDATE sessions SET token = NULL, locked_until = 0, waiting_from = (
    SELECT min(sequence) FROM messages AS m WHERE m.queue = sessions.queue AND m.session = sessions.session)
WHERE token IS NOT NULL
"""


def is_any_free(connection: sqlite3.Connection, queue: str, now: int, real: int) -> bool:
    """Say whether accepting a session is worth trying."""
    question = {"queue": queue, "now": now, "real": real}
    return bool(connection.execute(_ANY_FREE, question).fetchone()[0])


def accept(
    connection: sqlite3.Connection, queue: str, token: str, *, real: int, until: int
) -> SessionLease | None:
    """Hold the free session whose message waited longest; free those whose lock has lapsed on the way."""
    while (found := connection.execute(_LONGEST_WAITING, (queue, real)).fetchone()) is not None:
        session, lapsed = found
        if lapsed is not None:
            _let_go(connection, queue, session, lapsed, uncounted=0)
        else:
            connection.execute(_HOLD, (token, until, queue, session))
            return SessionLease(queue, session, token, instant_of(until))
    return None


def held_until(connection: sqlite3.Connection, lease: SessionLease, real: int) -> int:
    """Give the end of the lease. Raises `LockLost`."""
    found = connection.execute(_HELD_UNTIL, (lease.queue, lease.session, lease.token)).fetchone()
    if found is None or found[0] <= real:
        raise LockLost
    return found[0]


def renew(connection: sqlite3.Connection, lease: SessionLease, *, real: int, until: int) -> bool:
    """Hold the session longer; say whether it was held."""
    return connection.execute(_RENEW, (until, lease.queue, lease.session, lease.token, real)).rowcount == 1


def release(connection: sqlite3.Connection, lease: SessionLease, real: int) -> None:
    """Let the session go. Deliveries count if the lock had lapsed; another's session is left alone."""
    found = connection.execute(_HELD_UNTIL, (lease.queue, lease.session, lease.token)).fetchone()
    if found is not None:
        uncounted = 1 if found[0] > real else 0
        _let_go(connection, lease.queue, lease.session, lease.token, uncounted=uncounted)


def finish(
    connection: sqlite3.Connection, queue: str, done: Mapping[SessionLease, Sequence[int]], real: int
) -> tuple[int, AbstractSet[SessionLease]]:
    """Complete what was done in each session that is held still, and let go of it.

    Give how many messages were held no longer, and the sessions that are not held: those are left alone.
    Many at once cost a few statements in all, where each would be waited for by itself.
    """
    asked = {"queue": queue, "sessions": _json([lease.session for lease in done]), "real": real}
    held = dict(connection.execute(_HELD_OF_MANY, asked).fetchall())
    ours = {lease: done[lease] for lease in done if held.get(lease.session) == lease.token}
    sequences = [sequence for some in ours.values() for sequence in some]
    taken = {"sequences": _json(sequences), "tokens": _json([lease.token for lease in ours])}
    lapsed = len(sequences) - connection.execute(_TAKE_AWAY_MANY, taken).rowcount
    lying = {"queue": queue, "sessions": _json([lease.session for lease in ours])}
    more = {session for (session,) in connection.execute(_NOT_EMPTY, lying)}
    empty = [lease.session for lease in ours if lease.session not in more]
    connection.execute(_DROP_MANY, (queue, _json(empty)))
    for session in more:
        _let_go(connection, queue, session, held[session], uncounted=1)
    return lapsed, done.keys() - ours.keys()


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _let_go(connection: sqlite3.Connection, queue: str, session: str, token: str, *, uncounted: int) -> None:
    connection.execute(_GIVE_BACK, (uncounted, queue, session, token))
    (first,) = connection.execute(_FIRST, (queue, session)).fetchone()
    if first is None:
        connection.execute("DELETE FROM sessions WHERE queue = ? AND session = ?", (queue, session))
    else:
        connection.execute(_LET_GO, (first, queue, session))


def forget_locks(connection: sqlite3.Connection) -> None:
    """Let go of every message and session, as if none had been delivered."""
    for statement in (_UNLOCK_ALL, _DROP_EMPTY, _LET_ALL_GO):
        connection.execute(statement)
