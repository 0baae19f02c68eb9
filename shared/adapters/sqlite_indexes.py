"""How the index entries of a document are kept beside it."""

import sqlite3
from collections.abc import Iterable

import orjson

from shared.adapters.sort_keys import Entries, values_of
from shared.kernel.documents import Index

SCHEMA = """
CREATE TABLE IF NOT EXISTS declared_indexes (
    kind TEXT NOT NULL, field TEXT NOT NULL, PRIMARY KEY (kind, field)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS index_entries (
    partition TEXT NOT NULL, id TEXT NOT NULL, field TEXT NOT NULL, kind TEXT NOT NULL, value NOT NULL,
    PRIMARY KEY (partition, id, field)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS index_entries_in_order ON index_entries (kind, field, value, partition, id);
"""

_PUT = """
INSERT INTO index_entries (partition, id, field, kind, value) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (partition, id, field) DO UPDATE SET value = excluded.value WHERE value IS NOT excluded.value
"""


def put_entries(connection: sqlite3.Connection, partition: str, id: str, kind: str, entries: Entries) -> None:  # noqa: A002  # the document's own word
    for field, value in entries:
        if value is None:
            connection.execute(
                "DELETE FROM index_entries WHERE partition = ? AND id = ? AND field = ?",
                (partition, id, field),
            )
        else:
            connection.execute(_PUT, (partition, id, field, kind, value))


def drop_entries(connection: sqlite3.Connection, partition: str, id: str) -> None:  # noqa: A002  # the document's own word
    connection.execute("DELETE FROM index_entries WHERE partition = ? AND id = ?", (partition, id))


def declare(connection: sqlite3.Connection, indexes: Iterable[Index]) -> bool:
    """Declare indexes and fill those that are new from the documents that stand; say whether any was."""
    new = [index for index in dict.fromkeys(indexes) if _is_new(connection, index)]
    for index in new:
        connection.execute("INSERT INTO declared_indexes VALUES (?, ?)", (index.kind, index.field))
        _fill(connection, index)
    return bool(new)


def declared(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Give the declared fields of each kind."""
    fields: dict[str, tuple[str, ...]] = {}
    for kind, field in connection.execute("SELECT kind, field FROM declared_indexes ORDER BY kind, field"):
        fields[kind] = (*fields.get(kind, ()), field)
    return fields


def _is_new(connection: sqlite3.Connection, index: Index) -> bool:
    found = connection.execute(
        "SELECT 1 FROM declared_indexes WHERE kind = ? AND field = ?", (index.kind, index.field)
    ).fetchone()
    return found is None


def _fill(connection: sqlite3.Connection, index: Index) -> None:
    rows = connection.execute(
        "SELECT partition, id, body FROM documents WHERE kind = ? AND body IS NOT NULL", (index.kind,)
    )
    for partition, document_id, body in rows:
        put_entries(
            connection, partition, document_id, index.kind, values_of(orjson.loads(body), (index.field,))
        )
