"""How one commit is checked, encoded and applied to the embedded store, all or nothing (D4)."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from shared.adapters import sqlite_indexes
from shared.adapters.codec import announcement_body, to_json
from shared.adapters.commit_limits import ANNOUNCEMENT, kind_of, refuse_impossible, refuse_too_large
from shared.adapters.sort_keys import values_of
from shared.adapters.sqlite import micros
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Change, Commit, Delete, Index, Replace
from shared.kernel.refusals import AlreadyExists, LostRace

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY, partition TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, body TEXT, expires_at INTEGER, deleted_at INTEGER, written_at INTEGER NOT NULL,
    UNIQUE (partition, kind, id));
CREATE INDEX IF NOT EXISTS documents_to_expire ON documents (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS tombstones ON documents (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS change_sequence (
    one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL, index_edition INTEGER NOT NULL);
INSERT OR IGNORE INTO change_sequence VALUES (1, 0, 0);
"""
    + sqlite_indexes.SCHEMA
)

_LIVE = "body IS NOT NULL AND (expires_at IS NULL OR expires_at > ?)"
_ADVANCE = "UPDATE change_sequence SET last = last + ? RETURNING last, index_edition"
_GUARD = f"SELECT 1 FROM documents WHERE partition = ? AND kind = ? AND id = ? AND seq = ? AND {_LIVE}"  # noqa: S608  # constants
_CREATE = """
INSERT INTO documents (seq, partition, kind, id, version, body, expires_at, written_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (partition, kind, id) DO UPDATE SET
    seq = excluded.seq, version = max(excluded.version, version + 1), body = excluded.body,
    expires_at = excluded.expires_at, deleted_at = NULL, written_at = excluded.written_at
WHERE body IS NULL OR expires_at <= ?
"""
_REPLACE = f"""
UPDATE documents SET seq = ?, version = ?, body = ?, expires_at = ?, written_at = ?
WHERE partition = ? AND kind = ? AND id = ? AND seq = ? AND {_LIVE}
"""  # noqa: S608  # constants
_BURY = f"""
UPDATE documents SET
    seq = ?, version = version + 1, body = NULL, expires_at = NULL, deleted_at = ?, written_at = ?
WHERE partition = ? AND kind = ? AND id = ? AND seq = ? AND {_LIVE}
"""  # noqa: S608  # constants
_FORGET = f"DELETE FROM documents WHERE partition = ? AND kind = ? AND id = ? AND seq = ? AND {_LIVE}"  # noqa: S608  # constants
_ANNOUNCE = """
INSERT INTO documents (seq, partition, kind, id, version, body, written_at) VALUES (?, ?, ?, ?, 1, ?, ?)
ON CONFLICT (partition, kind, id) DO UPDATE SET
    seq = excluded.seq, version = version + 1, body = excluded.body, written_at = excluded.written_at
"""


class Catalog:
    """Which fields of which kinds are indexed, as of an edition of the file's list; others may add to it."""

    def __init__(self) -> None:
        self._edition = -1
        self._fields: dict[str, tuple[str, ...]] = {}

    def fields(self, connection: sqlite3.Connection, edition: int) -> dict[str, tuple[str, ...]]:
        if edition != self._edition:
            self._fields, self._edition = sqlite_indexes.declared(connection), edition
        return self._fields


def declare(connection: sqlite3.Connection, indexes: Iterable[Index]) -> None:
    """Declare and fill indexes, and tell all processes that there are more now."""
    if sqlite_indexes.declare(connection, indexes):
        connection.execute("UPDATE change_sequence SET index_edition = index_edition + 1")


@dataclass(frozen=True, slots=True)
class _Written:
    """A document to write, encoded. `body` is None for one to take away; `etag` is None for one to create."""

    id: str
    kind: str
    etag: int | None
    version: int = 0
    body: str | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class _Announced:
    id: str
    plain: dict[str, Any]
    body: str


@dataclass(frozen=True, slots=True)
class CommitUnit:
    """One commit, encoded outside of the file's lock and applied inside it; gives the new etags."""

    partition: str
    guards: Sequence[tuple[str, str, int]]
    changes: Sequence[_Written]
    announcements: Sequence[_Announced]
    catalog: Catalog
    now: int
    written_at: int

    @property
    def only_forgets(self) -> bool:
        """Say whether it only deletes announcements: undone by a power cut, they are merely told again."""
        return not self.announcements and all(
            change.kind == ANNOUNCEMENT and change.body is None for change in self.changes
        )

    def __call__(self, connection: sqlite3.Connection) -> dict[str, str]:
        self._insist_on_guards(connection)
        numbers = len(self.changes) + len(self.announcements)
        ((last, edition),) = connection.execute(_ADVANCE, (numbers,)).fetchall()
        fields, first = self.catalog.fields(connection, edition), last - numbers + 1
        etags: dict[str, str] = {}
        for seq, change in enumerate(self.changes, first):
            self._write(connection, seq, change, fields.get(change.kind, ()))
            if change.body is not None:
                etags[change.id] = str(seq)
        for seq, announcement in enumerate(self.announcements, first + len(self.changes)):
            self._announce(connection, seq, announcement, fields.get(ANNOUNCEMENT, ()))
        return etags

    def _insist_on_guards(self, connection: sqlite3.Connection) -> None:
        for guard in self.guards:
            if connection.execute(_GUARD, (self.partition, *guard, self.now)).fetchone() is None:
                raise LostRace

    def _write(
        self, connection: sqlite3.Connection, seq: int, change: _Written, indexed: Sequence[str]
    ) -> None:
        if change.etag is None:
            self._create(connection, seq, change)
        else:
            self._overwrite(connection, seq, change, change.etag)
        if not indexed:
            return
        if change.body is None:
            sqlite_indexes.drop_entries(connection, self.partition, change.id)
        else:
            entries = values_of(orjson.loads(change.body), indexed)
            sqlite_indexes.put_entries(connection, self.partition, change.id, change.kind, entries)

    def _create(self, connection: sqlite3.Connection, seq: int, new: _Written) -> None:
        row = (
            seq,
            self.partition,
            new.kind,
            new.id,
            new.version,
            new.body,
            new.expires_at,
            self.written_at,
            self.now,
        )
        if not connection.execute(_CREATE, row).rowcount:
            raise AlreadyExists

    def _overwrite(self, connection: sqlite3.Connection, seq: int, change: _Written, etag: int) -> None:
        place = (self.partition, change.kind, change.id, etag, self.now)
        if change.body is not None:
            row = (seq, change.version, change.body, change.expires_at, self.written_at, *place)
            cursor = connection.execute(_REPLACE, row)
        elif change.kind == ANNOUNCEMENT:
            cursor = connection.execute(_FORGET, place)
        else:
            cursor = connection.execute(_BURY, (seq, self.now, self.written_at, *place))
        if not cursor.rowcount:
            raise LostRace

    def _announce(
        self, connection: sqlite3.Connection, seq: int, announced: _Announced, indexed: Sequence[str]
    ) -> None:
        row = (seq, self.partition, ANNOUNCEMENT, announced.id, announced.body, self.written_at)
        connection.execute(_ANNOUNCE, row)
        if indexed:
            entries = values_of(announced.plain, indexed)
            sqlite_indexes.put_entries(connection, self.partition, announced.id, ANNOUNCEMENT, entries)


def prepared(commit: Commit, catalog: Catalog, *, now: datetime, written_at: datetime) -> CommitUnit:
    """Encode a commit. Raises `ValueError` for what Cosmos DB would refuse, and for naive instants."""
    refuse_impossible(commit)
    made_at = written_at.isoformat()  # machine time: a clock that travels would hide it from the sweep
    unit = CommitUnit(
        commit.partition,
        [(kind_of(guard.id), guard.id, _seq(guard.etag)) for guard in commit.unchanged],
        [_written(change) for change in commit.changes],
        [_announced(announcement, made_at) for announcement in commit.announcements],
        catalog,
        micros(now),
        micros(written_at),
    )
    bodies = (*(change.body or "" for change in unit.changes), *(each.body for each in unit.announcements))
    refuse_too_large(bodies)
    return unit


def _written(change: Change) -> _Written:
    if isinstance(change, Delete):
        return _Written(change.id, kind_of(change.id), _seq(change.etag))
    etag = _seq(change.etag) if isinstance(change, Replace) else None
    until = None if change.expires_at is None else micros(change.expires_at)
    return _Written(change.id, kind_of(change.id), etag, change.version, to_json(change.body).decode(), until)


def _announced(announcement: Announcement, made_at: str) -> _Announced:
    plain = announcement_body(announcement, made_at=made_at)
    return _Announced(announcement.id, plain, orjson.dumps(plain).decode())


def _seq(etag: str) -> int:
    """Read an etag; what cannot be one of ours matches nothing."""
    return int(etag) if etag.isascii() and etag.isdigit() and len(etag) < 19 else -1
