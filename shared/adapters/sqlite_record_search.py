"""Searches of the embedded record: one page of matches, what is included beside them, and where to go on."""

import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from shared.adapters.fhir_search_kinds import Parameter
from shared.adapters.fhir_search_query import ID, LAST_UPDATED, Criterion, Inclusion, Question
from shared.adapters.sqlite_record_conditions import Asker
from shared.adapters.sqlite_record_tables import COLUMNS, Stored, stored_from
from shared.kernel.refusals import Nonsense

MOST_INCLUDED = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """One page; `next` is an opaque token, `total` counts all pages where it was asked for."""

    matches: tuple[Stored, ...] = ()
    included: tuple[Stored, ...] = ()
    next: str | None = None
    total: int | None = None


def answer(connection: sqlite3.Connection, asker: Asker, asked: Question, token: str | None = None) -> Answer:
    """Answer a question, from where the token of the page before says."""
    total = _total(connection, asker, asked) if asked.total or asked.only_total else None
    if asked.only_total:
        return Answer(total=total)
    rows = _rows(connection, asker, asked, _mark(token, asked))
    matches = tuple(stored_from(row[:7]) for row in rows[: asked.count])
    more = len(rows) > asked.count
    return Answer(
        matches,
        tuple(_beside(connection, asker, asked, matches)),
        _token(rows[asked.count - 1], asked) if more else None,
        total,
    )


def matching(
    connection: sqlite3.Connection, asker: Asker, type_: str, criteria: Sequence[Criterion]
) -> list[Stored]:
    """Give up to two that meet the criteria: none, one and many is all that conditional acts ask."""
    query = asker.query(type_, criteria, COLUMNS)
    return [stored_from(row) for row in connection.execute(f"{query.text} LIMIT 2", query.arguments)]


def _total(connection: sqlite3.Connection, asker: Asker, asked: Question) -> int:
    query = asker.query(asked.type, asked.criteria, "count(*)")
    return connection.execute(query.text, query.arguments).fetchone()[0]


def _rows(connection: sqlite3.Connection, asker: Asker, asked: Question, mark: list[Any]) -> list[Any]:
    if asked.sort is None or asked.sort[0] is ID:
        return _in_order(connection, asker, asked, mark)
    return _sorted(connection, asker, asked, mark)


def _in_order(connection: sqlite3.Connection, asker: Asker, asked: Question, mark: list[Any]) -> list[Any]:
    """Page by the order in which resources were first written, which no later write disturbs; or by id."""
    query = asker.query(asked.type, asked.criteria, COLUMNS)
    column = query.key if asked.sort is None else "r.id"
    downward = asked.sort is not None and asked.sort[1]
    after = f" AND {column} {'<' if downward else '>'} ?" if mark else ""
    text = f"{query.text}{after} ORDER BY {column} {'DESC' if downward else 'ASC'} LIMIT ?"
    return connection.execute(text, [*query.arguments, *mark[:1], asked.count + 1]).fetchall()


def _sorted(connection: sqlite3.Connection, asker: Asker, asked: Question, mark: list[Any]) -> list[Any]:
    """Page by a value and then by key; resources without the value come last, either way."""
    assert asked.sort is not None  # noqa: S101  # asked by the caller
    parameter, downward = asked.sort
    value, arguments = _sort_value(asker, asked.type, parameter, downward=downward)
    query = asker.query(asked.type, asked.criteria, f"{COLUMNS}, {value} AS s")
    after, marked = _after(mark, "<" if downward else ">")
    order = "s DESC, key DESC" if downward else "s, key"
    last = (
        "" if parameter is LAST_UPDATED else "s IS NULL, "
    )  # always there, and so an index can give the order
    text = f"SELECT * FROM ({query.text}) WHERE {after} ORDER BY {last}{order} LIMIT ?"  # noqa: S608  # our own words
    return connection.execute(text, [*arguments, *query.arguments, *marked, asked.count + 1]).fetchall()


def _sort_value(asker: Asker, type_: str, parameter: Parameter, *, downward: bool) -> tuple[str, list[Any]]:
    if parameter is LAST_UPDATED:
        return "r.at", []
    table = parameter.kind.table
    low, high = ("low", "high") if table == "stretch" else ("value", "value")
    best = f"max(y.{high})" if downward else f"min(y.{low})"
    text = f"(SELECT {best} FROM {table} y WHERE y.key = r.key AND y.parameter = ?)"  # noqa: S608  # our own words
    return text, [asker.number(type_, parameter)]


def _after(mark: list[Any], beyond: str) -> tuple[str, list[Any]]:
    if not mark:
        return "1", []
    key, value = mark
    if value is None:
        return f"s IS NULL AND key {beyond} ?", [key]
    return f"((s, key) {beyond} (?, ?) OR s IS NULL)", [value, key]


def _token(row: Sequence[Any], asked: Question) -> str:
    mark = [row[0]] if asked.sort is None else _sort_mark(row, asked.sort[0])
    return urlsafe_b64encode(orjson.dumps(mark)).decode().rstrip("=")


def _sort_mark(row: Sequence[Any], parameter: Parameter) -> list[Any]:
    return [row[2]] if parameter is ID else [row[0], row[7]]


def _mark(token: str | None, asked: Question) -> list[Any]:
    """Read a token of ours, for the same order of results. Raises `Nonsense` for anything else."""
    if not token:
        return []
    try:
        mark = orjson.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        mark = None
    parts = cast("list[Any]", mark) if isinstance(mark, list) else []
    sides = 2 if asked.sort is not None and asked.sort[0] is not ID else 1
    if len(parts) != sides or not all(isinstance(part, str | int | float | None) for part in parts):
        raise Nonsense(("ct", "not a continuation token of this search"))
    return parts


def _beside(
    connection: sqlite3.Connection, asker: Asker, asked: Question, matches: Sequence[Stored]
) -> Iterator[Stored]:
    """Give what was asked to be included, each once and none that is a match, up to a thousand."""
    given = {stored.key for stored in matches}
    sources = [
        _pointed_at(connection, asker, i, m) for i in asked.includes for m in matches if m.type == i.source
    ]
    sources += [_pointing_here(connection, asker, i, m) for i in asked.revincludes for m in matches]
    left = MOST_INCLUDED
    for source in sources:
        for stored in source:
            if left and stored.key not in given:
                given.add(stored.key)
                left -= 1
                yield stored


def _pointed_at(
    connection: sqlite3.Connection, asker: Asker, inclusion: Inclusion, match: Stored
) -> Iterator[Stored]:
    query = (
        f"SELECT {COLUMNS} FROM term x JOIN resource r ON r.type = x.space AND r.id = x.value"  # noqa: S608  # our own columns
        " WHERE x.key = ? AND x.parameter = ? AND r.deleted = 0 AND (? = '' OR x.space = ?)"
    )
    number = asker.number(inclusion.source, inclusion.parameter)
    return map(
        stored_from, connection.execute(query, (match.key, number, inclusion.target, inclusion.target))
    )


def _pointing_here(
    connection: sqlite3.Connection, asker: Asker, inclusion: Inclusion, match: Stored
) -> Iterator[Stored]:
    if inclusion.target not in ("", match.type):
        return iter(())
    query = (
        f"SELECT {COLUMNS} FROM term x JOIN resource r ON r.key = x.key"  # noqa: S608  # our own columns
        " WHERE x.parameter = ? AND x.value = ? AND x.space = ? AND r.deleted = 0 LIMIT ?"
    )
    number = asker.number(inclusion.source, inclusion.parameter)
    return map(stored_from, connection.execute(query, (number, match.id, match.type, MOST_INCLUDED)))
