"""The rows of the embedded queues: how a message moves from being scheduled to being settled."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from shared.adapters.sqlite import instant_of, micros
from shared.kernel.queues import DeadLetter, OutgoingMessage, QueueDepth, ReceivedMessage

SCHEMA = """
CREATE TABLE IF NOT EXISTS queues (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, id TEXT NOT NULL, session TEXT,
    body BLOB NOT NULL, properties TEXT NOT NULL, enqueued_at INTEGER NOT NULL,
    deliveries INTEGER NOT NULL DEFAULT 0, lock_token TEXT, locked_until INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS messages_free ON messages (queue) WHERE session IS NULL AND lock_token IS NULL;
CREATE INDEX IF NOT EXISTS messages_locked ON messages (queue, locked_until)
    WHERE session IS NULL AND lock_token IS NOT NULL;
CREATE INDEX IF NOT EXISTS messages_in_sessions ON messages (queue, session, lock_token)
    WHERE session IS NOT NULL;
CREATE TABLE IF NOT EXISTS scheduled (
    number INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, id TEXT NOT NULL, session TEXT,
    body BLOB NOT NULL, properties TEXT NOT NULL, due INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS scheduled_in_order ON scheduled (queue, due);
CREATE TABLE IF NOT EXISTS sessions (
    queue TEXT NOT NULL, session TEXT NOT NULL, waiting_from INTEGER NOT NULL, token TEXT,
    locked_until INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (queue, session)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_in_order ON sessions (queue, waiting_from);
CREATE TABLE IF NOT EXISTS dead_letters (
    sequence INTEGER PRIMARY KEY, queue TEXT NOT NULL, id TEXT NOT NULL, session TEXT, body BLOB NOT NULL,
    properties TEXT NOT NULL, enqueued_at INTEGER NOT NULL, deliveries INTEGER NOT NULL, reason TEXT NOT NULL,
    description TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS dead_letters_in_order ON dead_letters (queue);
"""
COLUMNS = "queue, sequence, id, body, session, properties, enqueued_at, deliveries, lock_token, locked_until"
TOO_OFTEN = "MaxDeliveryCountExceeded"

_ANY_DUE = "SELECT 1 FROM scheduled WHERE queue = ? AND due <= ? LIMIT 1"
_LAST_SEQUENCE = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'messages'), 0)"
_MOVE = """
INSERT INTO messages (queue, id, session, body, properties, enqueued_at)
SELECT queue, id, session, body, properties, due FROM scheduled
WHERE queue = ? AND due <= ? ORDER BY due, number
"""
_OPEN_SESSIONS = """
INSERT INTO sessions (queue, session, waiting_from)
SELECT queue, session, min(sequence) FROM messages
WHERE sequence > ? AND session IS NOT NULL GROUP BY queue, session
ON CONFLICT DO NOTHING
"""
_KEEP = "INSERT INTO messages (queue, id, session, body, properties, enqueued_at) VALUES (?, ?, ?, ?, ?, ?)"
_OPEN_SESSION = "INSERT INTO sessions (queue, session, waiting_from) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_SCHEDULE = "INSERT INTO scheduled (queue, id, session, body, properties, due) VALUES (?, ?, ?, ?, ?, ?)"
_HELD = """
sequence = ? AND lock_token = ? AND ? < CASE WHEN session IS NULL THEN locked_until ELSE (
    SELECT s.locked_until FROM sessions AS s
    WHERE s.queue = messages.queue AND s.session = messages.session AND s.token = messages.lock_token) END
"""
_TAKE_AWAY = f"DELETE FROM messages WHERE {_HELD}"  # noqa: S608  # constants
_GIVE_BACK = f"UPDATE messages SET lock_token = NULL WHERE {_HELD}"  # noqa: S608  # constants
_SET_ASIDE = """
INSERT INTO dead_letters (
    sequence, queue, id, session, body, properties, enqueued_at, deliveries, reason, description)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_DEAD_COLUMNS = "queue, sequence, id, body, session, properties, enqueued_at, deliveries, reason, description"
_DEAD = f"SELECT {_DEAD_COLUMNS} FROM dead_letters WHERE queue = ? AND sequence > ? ORDER BY sequence LIMIT ?"  # noqa: S608  # constants
_TAKE_DEAD = f"DELETE FROM dead_letters WHERE queue = ? AND sequence = ? RETURNING {_DEAD_COLUMNS}"  # noqa: S608  # constants
_DEPTHS = """
SELECT name,
    (SELECT count(*) FROM messages WHERE queue = name AND session IS NULL AND lock_token IS NULL)
    + (SELECT count(*) FROM messages WHERE queue = name AND session IS NULL AND lock_token IS NOT NULL)
    + (SELECT count(*) FROM messages WHERE queue = name AND session IS NOT NULL),
    (SELECT count(*) FROM scheduled WHERE queue = name AND due <= :now),
    (SELECT count(*) FROM scheduled WHERE queue = name AND due > :now),
    (SELECT count(*) FROM messages WHERE queue = name AND session IS NULL AND lock_token IS NOT NULL
        AND locked_until > :real)
    + (SELECT count(*) FROM sessions AS s JOIN messages AS m
        ON m.queue = s.queue AND m.session = s.session AND m.lock_token = s.token
        WHERE s.queue = name AND s.locked_until > :real AND m.session IS NOT NULL),
    (SELECT count(*) FROM dead_letters WHERE queue = name),
    (SELECT min(enqueued_at) FROM (
        SELECT enqueued_at FROM messages WHERE sequence = (
            SELECT min(sequence) FROM messages WHERE queue = name AND session IS NULL AND lock_token IS NULL)
        UNION ALL SELECT enqueued_at FROM messages
            WHERE queue = name AND session IS NULL AND lock_token IS NOT NULL AND locked_until <= :real
        UNION ALL SELECT enqueued_at FROM messages WHERE sequence = (
            SELECT min(m.sequence) FROM messages AS m LEFT JOIN sessions AS s
            ON s.queue = m.queue AND s.session = m.session AND s.token = m.lock_token
            AND s.locked_until > :real
            WHERE m.queue = name AND m.session IS NOT NULL AND s.token IS NULL)
        UNION ALL SELECT min(due) FROM scheduled WHERE queue = name AND due <= :now))
FROM queues ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send, encoded. `due` is None for one that is due as soon as it is sent."""

    id: str
    session: str | None
    body: bytes
    properties: str
    due: int | None


def outgoing(message: OutgoingMessage) -> Outgoing:
    properties = orjson.dumps(dict(message.properties)).decode() if message.properties else "{}"
    due = None if message.due_at is None else micros(message.due_at)
    return Outgoing(message.id, message.session, message.body, properties, due)


def move_what_is_due(connection: sqlite3.Connection, queue: str, now: int) -> None:
    """Let what has become due lie behind all that was due before it."""
    if connection.execute(_ANY_DUE, (queue, now)).fetchone() is None:
        return
    ((last,),) = connection.execute(_LAST_SEQUENCE)
    connection.execute(_MOVE, (queue, now))
    connection.execute(_OPEN_SESSIONS, (last,))
    connection.execute("DELETE FROM scheduled WHERE queue = ? AND due <= ?", (queue, now))


def keep(connection: sqlite3.Connection, queue: str, messages: Sequence[Outgoing], now: int) -> None:
    """Keep new messages in the order given."""
    connection.execute("INSERT INTO queues VALUES (?) ON CONFLICT DO NOTHING", (queue,))
    for message in messages:
        row = (queue, message.id, message.session, message.body, message.properties)
        if message.due is not None and message.due > now:
            connection.execute(_SCHEDULE, (*row, message.due))
            continue
        sequence = connection.execute(_KEEP, (*row, now)).lastrowid
        if message.session is not None:
            connection.execute(_OPEN_SESSION, (queue, message.session, sequence))


def claim(
    connection: sqlite3.Connection, statement: str, wanted: Mapping[str, Any], *, most_deliveries: int
) -> Sequence[ReceivedMessage]:
    """Lock messages, setting aside those delivered too often, until some are left or none remain."""
    while claimed := sorted(connection.execute(statement, wanted).fetchall(), key=_sequence):
        messages = [_received(row) for row in claimed]
        fresh = [message for message in messages if message.delivery_count <= most_deliveries]
        for message in messages:
            if message.delivery_count > most_deliveries:
                _set_aside(
                    connection, message, most_deliveries, TOO_OFTEN, f"delivered {most_deliveries} times"
                )
        if fresh:
            return fresh
    return ()


def take_away(connection: sqlite3.Connection, message: ReceivedMessage, real: int) -> bool:
    """Complete the message; say whether its lock was held."""
    return connection.execute(_TAKE_AWAY, _held(message, real)).rowcount == 1


def give_back(connection: sqlite3.Connection, message: ReceivedMessage, real: int) -> bool:
    """Unlock the message; say whether its lock was held."""
    return connection.execute(_GIVE_BACK, _held(message, real)).rowcount == 1


def set_aside_held(
    connection: sqlite3.Connection, message: ReceivedMessage, real: int, why: tuple[str, str]
) -> bool:
    """Dead-letter the message for a reason and its description; say whether its lock was held."""
    held = take_away(connection, message, real)
    if held:
        _set_aside(connection, message, message.delivery_count, *why)
    return held


def dead(connection: sqlite3.Connection, queue: str, after: int, limit: int) -> list[DeadLetter]:
    return [_dead_letter(row) for row in connection.execute(_DEAD, (queue, after, limit))]


def take_dead(connection: sqlite3.Connection, queue: str, sequence: int) -> DeadLetter | None:
    taken = connection.execute(_TAKE_DEAD, (queue, sequence)).fetchall()
    return _dead_letter(taken[0]) if taken else None


def depths(connection: sqlite3.Connection, now: int, real: int) -> list[QueueDepth]:
    return [_depth(*row) for row in connection.execute(_DEPTHS, {"now": now, "real": real})]


def _set_aside(
    connection: sqlite3.Connection, message: ReceivedMessage, deliveries: int, reason: str, description: str
) -> None:
    row = (
        message.sequence_number,
        message.queue,
        message.id,
        message.session,
        message.body,
        orjson.dumps(message.properties).decode(),
        micros(message.enqueued_at),
        deliveries,
        reason,
        description,
    )
    connection.execute("DELETE FROM messages WHERE sequence = ?", (message.sequence_number,))
    connection.execute(_SET_ASIDE, row)


def _sequence(row: tuple[Any, ...]) -> int:
    return row[1]


def _received(row: tuple[Any, ...]) -> ReceivedMessage:
    queue, sequence, name, body, session, properties, enqueued_at, deliveries, token, until = row
    return ReceivedMessage(
        queue,
        sequence,
        name,
        body,
        session,
        orjson.loads(properties),
        instant_of(enqueued_at),
        deliveries,
        token,
        instant_of(until),
    )


def _dead_letter(row: tuple[Any, ...]) -> DeadLetter:
    queue, sequence, name, body, session, properties, enqueued_at, *rest = row
    return DeadLetter(
        queue, sequence, name, body, session, orjson.loads(properties), instant_of(enqueued_at), *rest
    )


def _depth(  # noqa: PLR0913, PLR0917  # one column each
    queue: str, lying: int, due: int, scheduled: int, locked: int, dead: int, oldest: int | None
) -> QueueDepth:
    since = None if oldest is None else instant_of(oldest)
    return QueueDepth(queue, lying - locked + due, scheduled, locked, dead, since)


def _held(message: ReceivedMessage, real: int) -> tuple[int, str, int]:
    return message.sequence_number, message.lock_token, real
