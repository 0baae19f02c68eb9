"""What has changed in the embedded record, in the order of its commits, whatever the clock said.

Every version leaves a number behind. A reader's mark is the last number it has read, and the name of this
file's life: a record that was thrown away and made anew must not pass for the old one.
"""

import sqlite3
from collections.abc import Collection

import orjson

from shared.adapters.sqlite_record_tables import COLUMNS, stored_from
from shared.fhir.ports import Changes, MarkNotKnown

SCHEMA = """
CREATE TABLE IF NOT EXISTS life (only INTEGER PRIMARY KEY CHECK (only = 1), name TEXT NOT NULL);
INSERT OR IGNORE INTO life VALUES (1, lower(hex(randomblob(8))));
CREATE TABLE IF NOT EXISTS imported_change (first INTEGER PRIMARY KEY, last INTEGER NOT NULL);
INSERT INTO change (key) SELECT key FROM resource WHERE NOT EXISTS (SELECT 1 FROM change) ORDER BY key;
"""
"""The last line numbers what a file held before changes were numbered."""

_LIFE = "SELECT name, (SELECT coalesce(max(number), 0) FROM change) FROM life"
_WAS_IMPORTED = """
coalesce((
    SELECT i.last >= number FROM imported_change i WHERE i.first <= number ORDER BY i.first DESC LIMIT 1
), 0)
"""
_CHANGED = f"""
SELECT {COLUMNS}, c.imported FROM (
    SELECT max(number) AS number, key, min({_WAS_IMPORTED}) AS imported
    FROM change WHERE number > ? AND number <= ? GROUP BY key
) c CROSS JOIN resource r ON r.key = c.key
WHERE r.type IN (SELECT value FROM json_each(?)) ORDER BY c.number
"""  # noqa: S608  # our own columns

_ERASED = """
SELECT DISTINCT e.type, e.id FROM change c CROSS JOIN erased e ON e.key = c.key
LEFT JOIN resource r ON r.type = e.type AND r.id = e.id
WHERE c.number > ? AND c.number <= ? AND e.type IN (SELECT value FROM json_each(?)) AND r.key IS NULL
"""
"""What was erased, unless it has come back: then its new life tells of itself."""


def changes_after(
    connection: sqlite3.Connection, mark: str | None, limit: int, types: Collection[str]
) -> Changes:
    """Give what the next `limit` numbers changed, each resource once. Raises `MarkNotKnown`."""
    life, last = connection.execute(_LIFE).fetchone()
    after = _number(mark, life, last)
    reached = min(after + limit, last)
    asked = after, reached, orjson.dumps([*types]).decode()
    found = [(stored_from(row[:-1]), bool(row[-1])) for row in connection.execute(_CHANGED, asked)]
    stored = [one for one, _ in found]
    erased = connection.execute(_ERASED, asked).fetchall()
    return Changes(
        resources=tuple(orjson.loads(one.body) for one in stored if not one.deleted),
        gone=(*((one.type, one.id) for one in stored if one.deleted), *erased),
        mark=f"{life}.{reached}",
        is_all=reached == last,
        imported=frozenset((one.type, one.id) for one, imported in found if imported),
    )


def last_mark(connection: sqlite3.Connection) -> str:
    """Give the mark of the latest change."""
    life, last = connection.execute(_LIFE).fetchone()
    return f"{life}.{last}"


def last_change(connection: sqlite3.Connection) -> int:
    """Give the number of the latest change."""
    return connection.execute("SELECT coalesce(max(number), 0) FROM change").fetchone()[0]


def note_imported(connection: sqlite3.Connection, after: int) -> None:
    """Note that all changes after a number came of an import: whoever follows them takes them for history."""
    last = last_change(connection)
    if last > after:
        connection.execute("INSERT INTO imported_change VALUES (?, ?)", (after + 1, last))


def _number(mark: str | None, life: str, last: int) -> int:
    if mark is None:
        return 0
    of_life, _, number = mark.partition(".")
    if of_life != life or not number.isdecimal() or int(number) > last:
        raise MarkNotKnown
    return int(number)
