"""Loading resources by the thousand: ids kept, nothing announced (D7).

What was written live is never written over by anything older, and a load that was cut off goes on from where
it was: how far it had come stands in the same commit as what it brought.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, cast

import orjson

from shared.adapters.fhir_bodies import body_of, says_the_same, stamped
from shared.adapters.fhir_search_values import Found, found_by
from shared.adapters.import_progress import Reached
from shared.adapters.sqlite_record_acts import Acts
from shared.adapters.sqlite_record_changes import last_change, note_imported
from shared.adapters.sqlite_record_tables import (
    Stored,
    current,
    keep_finds,
    next_key,
    note_changes,
    resource_row,
)
from shared.fhir.instants import microseconds, span_of
from shared.fhir.ports import Resource
from shared.kernel.refusals import Nonsense

SCHEMA = """
CREATE TABLE IF NOT EXISTS imported (
    key INTEGER PRIMARY KEY, version INTEGER NOT NULL, told_at INTEGER, told_version INTEGER
);
CREATE TABLE IF NOT EXISTS import_progress (
    file TEXT PRIMARY KEY, digest TEXT NOT NULL, line INTEGER NOT NULL, counts TEXT NOT NULL
) WITHOUT ROWID;
"""
"""`imported`: which version of ours an import has made, and what its file had said of version and time."""

_KNOWN = (
    "SELECT r.type, r.id FROM json_each(?) j"
    " CROSS JOIN resource r ON r.type = j.value ->> 0 AND r.id = j.value ->> 1"
)
_TOLD = "SELECT told_at, told_version FROM imported WHERE key = ? AND version = ?"


def loaded(acts: Acts, resources: Sequence[Resource]) -> int:
    """Write them; give how many made a version.

    What is there already and says the same makes none, and neither does what is older than what is there.
    """
    before = last_change(acts.connection)
    fresh: dict[tuple[str, str], Resource] = {}
    others: list[Resource] = []
    names = [_name(resource) for resource in resources]
    known = set(acts.connection.execute(_KNOWN, (orjson.dumps(names).decode(),)))
    for name, resource in zip(names, resources, strict=True):
        if name in known or name in fresh:
            others.append(resource)
        else:
            fresh[name] = resource
    _insert(acts, fresh)
    written = len(fresh) + sum(_changed(acts, resource) for resource in others)
    note_imported(acts.connection, before)
    return written


def keep_reached(connection: sqlite3.Connection, reached: Sequence[Reached]) -> None:
    rows = [(one.file, one.digest, one.line, orjson.dumps(dict(one.counts)).decode()) for one in reached]
    connection.executemany("INSERT OR REPLACE INTO import_progress VALUES (?, ?, ?, ?)", rows)


def all_reached(connection: sqlite3.Connection) -> dict[str, Reached]:
    rows = connection.execute("SELECT file, digest, line, counts FROM import_progress")
    return {row[0]: Reached(row[0], row[1], row[2], orjson.loads(row[3])) for row in rows}


def _changed(acts: Acts, resource: Resource) -> bool:
    type_, id_ = _name(resource)
    before = current(acts.connection, type_, id_)
    if before is None or not _is_news(acts.connection, before, resource):
        return False
    after = acts.update(type_, id_, resource).stored
    if after is None or after.version == before.version:
        return False
    _note(acts.connection, [(after.key, after.version, *_told_of(resource))])
    return True


def _is_news(connection: sqlite3.Connection, before: Stored, resource: Resource) -> bool:
    """Say whether a file's resource may take the place of what is there.

    What was written live goes before any import that does not say that it is later. Of two imports the later
    version counts (one export may hold several), and without a word about that, the later import.
    """
    if not before.deleted and says_the_same(resource, before.body):
        return False
    told_at, told_version = _told_of(resource)
    known = connection.execute(_TOLD, (before.key, before.version)).fetchone()
    if known is None:
        return told_at is not None and told_at > microseconds(before.at)
    known_at, known_version = known
    if told_at is not None and known_at is not None and told_at != known_at:
        return told_at > known_at
    return told_version is None or known_version is None or told_version > known_version


def _told_of(resource: Resource) -> tuple[int | None, int | None]:
    """Give what a file says of its resource: when it was last written, and in which version."""
    meta: Any = resource.get("meta")
    held = cast("dict[str, Any]", meta) if isinstance(meta, dict) else {}
    updated, version = held.get("lastUpdated"), held.get("versionId")
    try:
        at = span_of(updated).low if isinstance(updated, str) else None
    except (ValueError, OverflowError):
        at = None
    return at, int(version) if isinstance(version, str) and version.isdecimal() and len(
        version
    ) < 19 else None


def _note(connection: sqlite3.Connection, rows: Sequence[tuple[int, int, int | None, int | None]]) -> None:
    connection.executemany("INSERT OR REPLACE INTO imported VALUES (?, ?, ?, ?)", rows)


def _insert(acts: Acts, fresh: dict[tuple[str, str], Resource]) -> None:
    now, home = acts.asker.now, acts.asker.home
    rows: list[tuple[int, str, str, int, int, int, bytes | None]] = []
    found: list[tuple[int, str, Found]] = []
    told: list[tuple[int, int, int | None, int | None]] = []
    for key, ((type_, id_), resource) in enumerate(fresh.items(), next_key(acts.connection)):
        stored = Stored(
            key, type_, id_, version=1, deleted=False, at=now, body=body_of(stamped(resource, 1, now))
        )
        rows.append(resource_row(stored))
        found.append((key, type_, found_by(resource, home=home)))
        told.append((key, 1, *_told_of(resource)))
    _insert_rows(acts.connection, rows)
    _note(acts.connection, told)
    keep_finds(acts.connection, acts.asker.numbers, found)


def _insert_rows(
    connection: sqlite3.Connection, rows: Sequence[tuple[int, str, str, int, int, int, bytes | None]]
) -> None:
    connection.executemany("INSERT INTO resource VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    note_changes(connection, (row[0] for row in rows))


def _name(resource: Resource) -> tuple[str, str]:
    type_, id_ = resource.get("resourceType"), resource.get("id")
    if not isinstance(type_, str) or not isinstance(id_, str):
        raise Nonsense(("", "an imported resource needs its type and id"))
    return type_, id_
