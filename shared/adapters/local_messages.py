"""The embedded provider: messages that go no farther than this machine, to be looked at (D14)."""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.documents import Page
from shared.kernel.refusals import TransientFault
from shared.kernel.sensitive import Sensitive
from shared.messaging.ports import Accepted, CannotSay, MessageProvider, NotThere, Outgoing, Rejected

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL UNIQUE, sent_at TEXT NOT NULL,
    channel TEXT NOT NULL, recipient TEXT NOT NULL, purpose TEXT NOT NULL, language TEXT NOT NULL,
    subject TEXT, text TEXT NOT NULL, html TEXT, patient_id TEXT NOT NULL, because TEXT NOT NULL)
"""
_KEEP = """
INSERT INTO messages (request_id, sent_at, channel, recipient, purpose, language, subject, text, html,
                      patient_id, because)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (request_id) DO NOTHING
"""
_LIST = """
SELECT number, request_id, sent_at, channel, recipient, purpose, language, subject, text, html, patient_id,
       because
FROM messages WHERE number < ? ORDER BY number DESC LIMIT ?
"""
_NEWEST = 2**62


@dataclass(frozen=True, slots=True)
class LocalMessage:
    """One message as a person would see it."""

    number: int
    request_id: str
    sent_at: str
    channel: str
    recipient: Sensitive[str]
    purpose: str
    language: str
    subject: Sensitive[str | None]
    text: Sensitive[str]
    html: Sensitive[str | None]
    patient_id: str
    because: str


class LocalMessages(MessageProvider):
    """Keeps messages of all channels in one file, durably, each request once."""

    def __init__(self, path: Path, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(_SCHEMA)

    @property
    def honours_keys(self) -> bool:
        return True

    def send(self, outgoing: Outgoing) -> Accepted | Rejected:
        self._execute(_KEEP, _row(outgoing, self._clock.now().isoformat()))
        found = self.look_up(outgoing.request_id)
        if not isinstance(found, Accepted):
            raise TransientFault("not kept")  # noqa: EM101, TRY003  # a word for the log, no more
        return found

    def look_up(self, request_id: str) -> Accepted | NotThere | CannotSay:
        rows = self._execute("SELECT number FROM messages WHERE request_id = ?", (request_id,))
        return Accepted(f"local-{rows[0][0]}") if rows else NotThere()

    def list(self, *, limit: int = 100, after: str | None = None) -> Page[LocalMessage]:
        """Give what was sent, newest first."""
        before = int(after) if after and after.isdecimal() else _NEWEST
        rows = self._execute(_LIST, (before, limit + 1))
        messages = tuple(map(_message, rows[:limit]))
        return Page(messages, str(messages[-1].number) if len(rows) > limit else None)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _execute(self, statement: str, values: Sequence[object]) -> Sequence[Any]:
        try:
            with self._lock:
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            raise TransientFault("the outbox is busy") from error  # noqa: EM101, TRY003  # a word for the log, no more


def _row(outgoing: Outgoing, sent_at: str) -> tuple[str | None, ...]:
    rendered = outgoing.rendered.value
    return (
        outgoing.request_id,
        sent_at,
        outgoing.channel.value,
        outgoing.to.value,
        outgoing.purpose.value,
        rendered.language,
        rendered.subject,
        rendered.text,
        rendered.html,
        outgoing.patient_id,
        outgoing.because,
    )


def _message(row: tuple[Any, ...]) -> LocalMessage:
    return LocalMessage(
        number=row[0],
        request_id=row[1],
        sent_at=row[2],
        channel=row[3],
        recipient=Sensitive(row[4]),
        purpose=row[5],
        language=row[6],
        subject=Sensitive(row[7]),
        text=Sensitive(row[8]),
        html=Sensitive(row[9]),
        patient_id=row[10],
        because=row[11],
    )
