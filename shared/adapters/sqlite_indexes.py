"""How indexed values sort, and how the index entries of a document are kept beside it."""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import orjson

from shared.kernel.documents import Index

SCHEMA = """
CREATE TABLE IF NOT EXISTS declared_indexes (
    kind TEXT NOT NULL, field TEXT NOT NULL, PRIMARY KEY (kind, field)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS index_entries (
    partition TEXT NOT NULL, id TEXT NOT NULL, field TEXT NOT NULL, kind TEXT NOT NULL, value NOT NULL,
    PRIMARY KEY (partition, id, field)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS index_entries_in_order ON index_entries (kind, field, value, partition, id);
"""

Sortable = str | int | float
Entries = Sequence[tuple[str, Sortable | None]]

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_PUT = """
INSERT INTO index_entries (partition, id, field, kind, value) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (partition, id, field) DO UPDATE SET value = excluded.value WHERE value IS NOT excluded.value
"""


def sortable(value: Any) -> Sortable | None:
    """Spell a value so that times sort by instant, numbers by size, text by code point; None stays out."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, datetime):
        return _spelled(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return _instant_or_text(value)
    return value if isinstance(value, int | float) else None


def values_of(body: Mapping[str, Any], fields: Iterable[str]) -> Entries:
    """Give what a body has under each dotted path."""
    return [(field, sortable(_at(body, field))) for field in fields]


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


def _at(body: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(body, Mapping):
            return None
        body = body.get(step)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  # any JSON object
    return body  # pyright: ignore[reportUnknownVariableType]  # any JSON value


def _instant_or_text(text: str) -> str:
    if not _INSTANT.fullmatch(text):
        return text
    try:
        return _spelled(datetime.fromisoformat(text))
    except ValueError:  # it has the form, but there is no such day
        return text


def _spelled(instant: datetime) -> str:
    """Spell an instant in UTC and at one length."""
    if instant.tzinfo is None:
        message = "an instant without a zone is no instant"
        raise ValueError(message)
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
