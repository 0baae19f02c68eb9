"""The embedded store: documents of all partitions in one SQLite file (D4)."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import orjson

from shared.adapters.commit_limits import kind_of
from shared.adapters.sort_keys import sortable
from shared.adapters.sqlite import SqliteFile, instant_of, micros
from shared.adapters.sqlite_commits import SCHEMA, Catalog, CommitUnit, declare, prepared
from shared.adapters.stored_bodies import read_body
from shared.kernel.announcements import Announcement
from shared.kernel.clock import Clock
from shared.kernel.documents import (
    TOMBSTONES_LAST,
    Change,
    Commit,
    Document,
    Index,
    Page,
    Unchanged,
    Unreadable,
    WrittenAhead,
)
from shared.kernel.refusals import Gone, Nonsense, NotFound, NotYetVisible

T = TypeVar("T")
Row = tuple[Any, ...]

MOST_PURGED_AT_ONCE = 1_000
"""Purging holds up other writers for no longer than this many rows take."""

_ONE = """
SELECT partition, id, version, seq, body, expires_at, deleted_at FROM documents
WHERE partition = ? AND kind = ? AND id = ?
"""
_SOME = """
SELECT partition, id, version, seq, body, expires_at FROM documents
WHERE partition = ? AND kind = ? AND id > ? AND body IS NOT NULL AND (expires_at IS NULL OR expires_at > ?)
ORDER BY id LIMIT ?
"""
_FOUND = """
SELECT d.partition, d.id, d.version, d.seq, d.body, d.expires_at, e.value
FROM index_entries AS e JOIN documents AS d ON d.partition = e.partition AND d.kind = e.kind AND d.id = e.id
WHERE e.kind = :kind AND e.field = :field {narrowed}
AND d.body IS NOT NULL AND (d.expires_at IS NULL OR d.expires_at > :now)
ORDER BY e.value, e.partition, e.id LIMIT :limit
"""
_PURGED = """
DELETE FROM documents WHERE seq IN (
    SELECT seq FROM (SELECT seq FROM documents WHERE expires_at <= :now LIMIT :limit)
    UNION ALL SELECT seq FROM (SELECT seq FROM documents WHERE deleted_at <= :forgotten LIMIT :limit))
RETURNING partition, id
"""


class SqliteDocuments:
    """Keeps `Documents`' promises in one file, and refuses what Cosmos DB would refuse.

    Expiry and tombstones are measured in business time.
    """

    def __init__(self, file: SqliteFile, *, clock: Clock, indexes: Sequence[Index] = ()) -> None:
        self._file = file
        self._clock = clock
        self._indexes = frozenset(indexes)
        self._catalog = Catalog()
        file.prepare(SCHEMA)
        file.write(lambda connection: declare(connection, indexes))

    def read(self, partition: str, id: str, of: type[T], *, at_least: int = 0) -> Document[T]:  # noqa: A002  # the document's own word
        (row,), now = self._rows([(partition, id)]), self._now()
        if row is not None and _is_tombstone(row):
            raise Gone if _is_remembered(row, now) else NotFound
        if row is None or _has_expired(row, now):
            raise NotYetVisible if at_least else NotFound
        if row[2] < at_least:
            raise NotYetVisible
        return _document(row, of)

    def look(self, partition: str, id: str, of: type[T]) -> Document[T] | None:  # noqa: A002  # the document's own word
        return self.look_many([(partition, id)], of)[0]

    def look_many(self, places: Sequence[tuple[str, str]], of: type[T]) -> Sequence[Document[T] | None]:
        now = self._now()
        return [_document(row, of) if row and _is_living(row, now) else None for row in self._rows(places)]

    def list(
        self, partition: str, kind: str, of: type[T], *, limit: int = 100, after: str | None = None
    ) -> Page[Document[T]]:
        parameters = (partition, kind, after or "", self._now(), limit + 1)
        rows = self._file.read(lambda connection: connection.execute(_SOME, parameters).fetchall())
        return Page(
            tuple(_readable(rows[:limit], of)),
            rows[limit - 1][1] if len(rows) > limit else None,
        )

    def find(  # one question has this many sides
        self,
        index: Index,
        of: type[T],
        *,
        equal_to: Any = None,
        up_to: Any = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[Document[T]]:
        if index not in self._indexes:
            message = f"no index was declared on {index.field} of {index.kind}"
            raise LookupError(message)
        narrowed, values = _narrowed(equal_to, up_to, after)
        parameters = {
            **values,
            "kind": index.kind,
            "field": index.field,
            "now": self._now(),
            "limit": limit + 1,
        }
        query = _FOUND.format(narrowed=narrowed)
        rows = self._file.read(lambda connection: connection.execute(query, parameters).fetchall())
        return Page(
            tuple(_readable(rows[:limit], of)),
            _mark(rows[limit - 1]) if len(rows) > limit else None,
        )

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Announcement] = (),
    ) -> dict[str, str]:
        unit = self._unit(Commit(partition, changes, unchanged, announcements))
        return self._file.write(unit, ring=self._file.changed)

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:
        ready = [self._unit_or_bug(commit) for commit in commits]
        units = [unit for unit in ready if isinstance(unit, CommitUnit)]
        durable = not all(unit.only_forgets for unit in units)
        outcomes = iter(self._file.write_many(units, ring=self._file.changed, durable=durable))
        return list(_what_was_raised(ready, outcomes))

    def purge(self, now: datetime) -> int:
        """Forget what has expired and the tombstones that have lasted; give how many of both."""
        purged = 0
        while batch := self._file.write(lambda connection: _purge(connection, micros(now), now)):
            purged += batch
        return purged

    def _unit(self, commit: Commit) -> CommitUnit:
        return prepared(commit, self._catalog, now=self._clock.now(), written_at=self._clock.real())

    def _unit_or_bug(self, commit: Commit) -> CommitUnit | Exception:
        try:
            return self._unit(commit)
        except Exception as bug:  # noqa: BLE001  # promised: each commit's exception is given, not raised
            return bug

    def _rows(self, places: Sequence[tuple[str, str]]) -> Sequence[Row | None]:
        asked = [(partition, kind_of(document_id), document_id) for partition, document_id in places]
        return self._file.read(lambda connection: [connection.execute(_ONE, one).fetchone() for one in asked])

    def _now(self) -> int:
        return micros(self._clock.now())


def _document(row: Row, of: type[T]) -> Document[T]:
    partition, document_id, version, seq, body, expires_at = row[:6]
    until = None if expires_at is None else instant_of(expires_at)
    return Document(partition, document_id, version, str(seq), read_body(document_id, body, of), until)


def _readable(rows: Sequence[Row], of: type[T]) -> Iterator[Document[T]]:
    """Give the documents, without those of another version's making."""
    for row in rows:
        with suppress(Unreadable, WrittenAhead):
            yield _document(row, of)


def _is_living(row: Row, now: int) -> bool:
    return not _is_tombstone(row) and not _has_expired(row, now)


def _is_tombstone(row: Row) -> bool:
    return row[4] is None


def _is_remembered(row: Row, now: int) -> bool:
    return instant_of(row[6]) + TOMBSTONES_LAST > instant_of(now)


def _has_expired(row: Row, now: int) -> bool:
    return row[5] is not None and row[5] <= now


def _narrowed(equal_to: Any, up_to: Any, after: str | None) -> tuple[str, dict[str, Any]]:
    """Spell the wish as further conditions and their values."""
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if equal_to is not None:
        conditions.append("AND e.value = :equal_to")
        values["equal_to"] = sortable(equal_to)
    if up_to is not None:
        conditions.append("AND e.value <= :up_to")
        values["up_to"] = sortable(up_to)
    if after is not None:
        conditions.append("AND (e.value, e.partition, e.id) > (:value, :partition, :id)")
        values |= _place(after)
    return " ".join(conditions), values


def _mark(row: Row) -> str:
    return orjson.dumps([row[6], row[0], row[1]]).hex()


def _place(mark: str) -> dict[str, Any]:
    """Read a mark, which has been in other people's hands."""
    try:
        read = orjson.loads(bytes.fromhex(mark))
    except ValueError:
        read = None
    match read:
        case [str() | int() | float() as value, str() as partition, str() as document_id] if _fits(value):
            return {"value": value, "partition": partition, "id": document_id}
        case _:
            raise Nonsense(("after", "is not where a page ended"))


def _fits(value: str | float) -> bool:
    """Say whether SQLite can hold it: no whole number beyond 64 bits."""
    return not isinstance(value, int) or abs(value) < 2**63


def _what_was_raised(
    ready: Sequence[CommitUnit | Exception], outcomes: Iterator[dict[str, str] | Exception]
) -> Iterator[Exception | None]:
    for unit in ready:
        outcome = unit if isinstance(unit, Exception) else next(outcomes)
        yield outcome if isinstance(outcome, Exception) else None


def _purge(connection: sqlite3.Connection, now: int, instant: datetime) -> int:
    parameters = {"now": now, "forgotten": micros(instant - TOMBSTONES_LAST), "limit": MOST_PURGED_AT_ONCE}
    purged = connection.execute(_PURGED, parameters).fetchall()
    connection.executemany("DELETE FROM index_entries WHERE partition = ? AND id = ?", purged)
    return len(purged)
