"""What changed in the embedded store, in the order of its commits (D5, D14)."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_commits import SCHEMA as DOCUMENTS

_MARKS = """
CREATE TABLE IF NOT EXISTS feed_marks (reader TEXT PRIMARY KEY, mark INTEGER NOT NULL) WITHOUT ROWID;
"""
_MARK = "SELECT mark FROM feed_marks WHERE reader = ?"
_LAST = "SELECT last FROM change_sequence"
_CHANGES = """
SELECT seq, partition, id, kind, version, body, written_at FROM documents
WHERE seq > ? AND seq <= ? AND body IS NOT NULL ORDER BY seq LIMIT ?
"""
_ADVANCE = """
INSERT INTO feed_marks VALUES (?, ?) ON CONFLICT (reader) DO UPDATE SET mark = max(mark, excluded.mark)
"""
_MICROS_IN_A_SECOND = 1_000_000


class SqliteChangeFeed:
    """Keeps `ChangeFeed`'s promises over one file's documents. A new reader begins at the first change."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        file.prepare(DOCUMENTS)
        file.prepare(_MARKS)

    def read(self, reader: str, *, limit: int) -> tuple[Sequence[Mapping[str, Any]], str]:
        rows, mark = self._file.read(lambda connection: _after_mark(connection, reader, limit))
        return [_change(*row) for row in rows], str(mark)

    def advance(self, reader: str, mark: str) -> None:
        self._file.write(lambda connection: connection.execute(_ADVANCE, (reader, int(mark))), durable=False)

    def wait_for_change(self, timeout: float) -> bool:
        return self._file.wait_for_change(timeout)


def _after_mark(connection: sqlite3.Connection, reader: str, limit: int) -> tuple[list[Any], int]:
    """Give the next changes, and the mark behind them: behind all there was, if they are fewer than asked."""
    mark = (connection.execute(_MARK, (reader,)).fetchone() or (0,))[0]
    (last,) = connection.execute(_LAST).fetchone()  # asked first: what is committed meanwhile comes next time
    rows = connection.execute(_CHANGES, (mark, last, limit)).fetchall()
    return rows, rows[-1][0] if len(rows) == limit else last


def _change(  # noqa: PLR0913, PLR0917  # one column each
    seq: int, partition: str, document_id: str, kind: str, version: int, body: str, written_at: int
) -> Mapping[str, Any]:
    return {
        "id": document_id,
        "partition": partition,
        "kind": kind,
        "version": version,
        "body": orjson.loads(body),
        "_etag": str(seq),
        "_ts": written_at // _MICROS_IN_A_SECOND,
    }
