"""The tables of the embedded record: what is, what was, how it is found, and what is yet to be told."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

import shared.adapters.fhir_search_care as care_table
import shared.adapters.fhir_search_kinds as kinds
import shared.adapters.fhir_search_others as others_table
import shared.adapters.fhir_search_parameters as parameter_table
import shared.adapters.fhir_search_paths as path_rules
import shared.adapters.fhir_search_people as people_table
import shared.adapters.fhir_search_planning as planning_table
import shared.adapters.fhir_search_values as value_rules
from shared.adapters.fhir_search_kinds import Kind, Parameter
from shared.adapters.fhir_search_parameters import parameters_of
from shared.adapters.fhir_search_values import Found
from shared.fhir.instants import DAY, instant_text, microseconds, moment_of
from shared.fhir.references import Reference
from shared.fhir.resource_types import R4_TYPES

SCHEMA = """
CREATE TABLE IF NOT EXISTS resource (
    key INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
    deleted INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB, UNIQUE (type, id)
);
CREATE INDEX IF NOT EXISTS resource_by_type ON resource (type) WHERE deleted = 0;
CREATE INDEX IF NOT EXISTS resource_by_time ON resource (type, at);
CREATE TABLE IF NOT EXISTS past (
    key INTEGER NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
    deleted INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB, PRIMARY KEY (key, version)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS past_by_time ON past (type, at);
CREATE TABLE IF NOT EXISTS parameter (
    number INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (type, name)
);
CREATE TABLE IF NOT EXISTS term (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, value TEXT NOT NULL, space TEXT NOT NULL,
    PRIMARY KEY (key, parameter, value, space)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS term_by_value ON term (parameter, value, space, key);
CREATE TABLE IF NOT EXISTS stretch (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, low, high, unit TEXT NOT NULL, wide INTEGER NOT NULL,
    PRIMARY KEY (key, parameter, low, high, unit)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS stretch_by_low ON stretch (parameter, wide, low, high, key);
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY AUTOINCREMENT, change TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS change (number INTEGER PRIMARY KEY, key INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS erased (
    key INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS rules (only INTEGER PRIMARY KEY CHECK (only = 1), fingerprint TEXT NOT NULL);
"""
WIDE = 40 * DAY
"""A stretch longer than this is kept apart, so that short ones can be looked up by where they begin."""

Numbers = dict[tuple[str, str], int]
"""The number of each kept parameter, by type and key."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of one resource, as bytes; a deletion has none."""

    key: int
    type: str
    id: str
    version: int
    deleted: bool
    at: datetime
    body: bytes

    @property
    def reference(self) -> Reference:
        return Reference(self.type, self.id)

    @property
    def etag(self) -> str:
        return f'W/"{self.version}"'

    @property
    def last_updated(self) -> str:
        return instant_text(self.at)


COLUMNS = "r.key, r.type, r.id, r.version, r.deleted, r.at, r.body"
_CURRENT = f"SELECT {COLUMNS} FROM resource r WHERE type = ? AND id = ?"  # noqa: S608  # our own columns
_INTO_THE_PAST = (
    "INSERT INTO past SELECT key, version, type, id, deleted, at, body FROM resource WHERE key = ?"
)
_NEXT_KEY = (
    "SELECT max(coalesce((SELECT max(key) FROM resource), 0), coalesce((SELECT max(key) FROM erased), 0)) + 1"
)
_ERASE = (
    "DELETE FROM resource WHERE key = ?",
    "DELETE FROM past WHERE key = ?",
    "DELETE FROM term WHERE key = ?",
    "DELETE FROM stretch WHERE key = ?",
)
_VERSIONS = (
    f"SELECT {COLUMNS} FROM resource r WHERE key = :key"  # noqa: S608  # our own columns
    f" UNION ALL SELECT {COLUMNS} FROM past r WHERE key = :key ORDER BY 4 DESC"
)


def stored_from(row: Sequence[object]) -> Stored:
    key, type_, id_, version, deleted, at, body = row
    return Stored(key, type_, id_, version, bool(deleted), moment_of(at), body or b"")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # the columns above


def current(connection: sqlite3.Connection, type_: str, id_: str) -> Stored | None:
    """Give the current version, which may be a deletion."""
    row = connection.execute(_CURRENT, (type_, id_)).fetchone()
    return stored_from(row) if row else None


def versions(connection: sqlite3.Connection, key: int) -> Iterator[Stored]:
    """Give all versions of one resource, newest first."""
    return map(stored_from, connection.execute(_VERSIONS, {"key": key}))


def keep(connection: sqlite3.Connection, stored: Stored) -> None:
    """Make this the current version, numbered as a change; what was current becomes past."""
    if stored.version > 1:
        connection.execute(_INTO_THE_PAST, (stored.key,))
    connection.execute("INSERT OR REPLACE INTO resource VALUES (?, ?, ?, ?, ?, ?, ?)", resource_row(stored))
    note_changes(connection, (stored.key,))


def erase(connection: sqlite3.Connection, stored: Stored, at: datetime) -> None:
    """Take a resource out with all it ever was; only that there was one under this key is remembered."""
    for statement in _ERASE:
        connection.execute(statement, (stored.key,))
    row = stored.key, stored.type, stored.id, microseconds(at)
    connection.execute("INSERT INTO erased VALUES (?, ?, ?, ?)", row)
    note_changes(connection, (stored.key,))


def note_changes(connection: sqlite3.Connection, keys: Iterable[int]) -> None:
    """Give a change of each its number, for those who follow what changes."""
    connection.executemany("INSERT INTO change (key) VALUES (?)", ((key,) for key in keys))


def resource_row(stored: Stored) -> tuple[int, str, str, int, int, int, bytes | None]:
    return (
        stored.key,
        stored.type,
        stored.id,
        stored.version,
        int(stored.deleted),
        microseconds(stored.at),
        None if stored.deleted else stored.body,
    )


def next_key(connection: sqlite3.Connection) -> int:
    """Give a key that nothing has, nor had: who follows changes still knows the keys of what was erased."""
    return connection.execute(_NEXT_KEY).fetchone()[0]


def forget_finds(connection: sqlite3.Connection, key: int) -> None:
    connection.execute("DELETE FROM term WHERE key = ?", (key,))
    connection.execute("DELETE FROM stretch WHERE key = ?", (key,))


def keep_finds(
    connection: sqlite3.Connection, numbers: Numbers, found: Iterable[tuple[int, str, Found]]
) -> None:
    """Make resources findable, each by its key and type."""
    terms: list[tuple[int, int, str, str]] = []
    stretches: list[tuple[int, int, float, float, str, int]] = []
    for key, type_, rows in found:
        terms += [(key, numbers[type_, name], value, space) for name, value, space in rows.terms]
        stretches += [
            (key, numbers[type_, name], low, high, unit, int(not unit and high - low > WIDE))
            for name, low, high, unit in rows.stretches
        ]
    connection.executemany("INSERT OR IGNORE INTO term VALUES (?, ?, ?, ?)", terms)
    connection.executemany("INSERT OR IGNORE INTO stretch VALUES (?, ?, ?, ?, ?, ?)", stretches)


def tell(connection: sqlite3.Connection, change: str, stored: Stored) -> None:
    """Keep that it changed, to be told once the commit stands."""
    connection.execute(
        "INSERT INTO event (change, type, id, version, at) VALUES (?, ?, ?, ?, ?)",
        (change, stored.type, stored.id, stored.version, microseconds(stored.at)),
    )


def number_parameters(connection: sqlite3.Connection) -> Numbers:
    """Give each kept parameter its number, the same in every life of the file."""
    connection.executemany("INSERT OR IGNORE INTO parameter (type, name) VALUES (?, ?)", _kept())
    return {
        (type_, name): number
        for number, type_, name in connection.execute("SELECT number, type, name FROM parameter")
    }


_RULES = (
    kinds,
    care_table,
    people_table,
    planning_table,
    others_table,
    parameter_table,
    path_rules,
    value_rules,
)


@cache
def _kept() -> Sequence[tuple[str, str]]:
    """Give all that resources are found by: which type's, and its key."""
    return [
        (type_, key) for type_ in sorted(R4_TYPES) for p in parameters_of(type_).values() for key in _keys(p)
    ]


def _keys(parameter: Parameter) -> Iterator[str]:
    """Give what a parameter's values are kept under; a reference has its identifiers beside it."""
    if parameter.paths:
        yield parameter.key
    if parameter.kind is Kind.REFERENCE:
        yield parameter.key_of_identifiers


@cache
def fingerprint() -> str:
    """Name the rules by which resources are found; other rules, other name."""
    return sha256(b"".join(Path(str(rules.__file__)).read_bytes() for rules in _RULES)).hexdigest()
