"""Histories of the embedded record: of one resource, a type or everything; newest first."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from shared.adapters.fhir_search_query import PAGE
from shared.adapters.sqlite_record_tables import COLUMNS, Stored, stored_from
from shared.fhir.instants import DAWN
from shared.fhir.refusals import ResourceNotFound


@dataclass(frozen=True, slots=True)
class Past:
    """Which versions: of a type or all, of an id or all, not before `since`, after `skip` that were read."""

    type: str | None = None
    id: str | None = None
    since: int = DAWN
    count: int = PAGE
    skip: int = 0


def past_of(connection: sqlite3.Connection, asked: Past) -> tuple[list[Stored], int | None]:
    """Give one page, and how many to skip for the next. Raises `ResourceNotFound`: the id never was."""
    where, arguments = _where(asked)
    now, before = (f"SELECT {COLUMNS} FROM {table} r WHERE {where}" for table in ("resource", "past"))  # noqa: S608  # our own words
    query = f"{now} UNION ALL {before} ORDER BY 6 DESC, 1 DESC, 4 DESC LIMIT ? OFFSET ?"
    rows = connection.execute(query, [*arguments, *arguments, asked.count + 1, asked.skip]).fetchall()
    if not rows and asked.id is not None and not asked.skip and asked.since == DAWN:
        raise ResourceNotFound
    more = len(rows) > asked.count
    return [stored_from(row) for row in rows[: asked.count]], asked.skip + asked.count if more else None


def _where(asked: Past) -> tuple[str, list[Any]]:
    named = [("r.type = ?", asked.type), ("r.id = ?", asked.id)]
    chosen = [(text, value) for text, value in named if value is not None]
    return " AND ".join(["r.at >= ?", *(text for text, _ in chosen)]), [
        asked.since,
        *(value for _, value in chosen),
    ]
