"""Histories of the embedded record: of one resource, a type or everything; newest first."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from shared.adapters.fhir_search_query import PAGE
from shared.adapters.sqlite_record_tables import COLUMNS, Stored, stored_from
from shared.fhir.instants import DAWN, microseconds
from shared.fhir.refusals import ResourceNotFound

Place = tuple[int, int, int]
"""Where one page ended: the time, key and version of its last entry; what is written later comes before."""


@dataclass(frozen=True, slots=True)
class Past:
    """Which versions: of a type or all, of an id or all, not before `since`, older than `after`."""

    type: str | None = None
    id: str | None = None
    since: int = DAWN
    count: int = PAGE
    after: Place | None = None


def past_of(connection: sqlite3.Connection, asked: Past) -> tuple[list[Stored], Place | None]:
    """Give one page, and where the next begins. Raises `ResourceNotFound`: the id never was."""
    where, arguments = _where(asked)
    now, before = (f"SELECT {COLUMNS} FROM {table} r WHERE {where}" for table in ("resource", "past"))  # noqa: S608  # our own words
    query = f"{now} UNION ALL {before} ORDER BY 6 DESC, 1 DESC, 4 DESC LIMIT ?"
    rows = connection.execute(query, [*arguments, *arguments, asked.count + 1]).fetchall()
    if not rows and asked.id is not None and asked.after is None and asked.since == DAWN:
        raise ResourceNotFound
    page = [stored_from(row) for row in rows[: asked.count]]
    more = len(rows) > asked.count
    return page, (microseconds(page[-1].at), page[-1].key, page[-1].version) if more else None


def _where(asked: Past) -> tuple[str, list[Any]]:
    named = [("r.type = ?", asked.type), ("r.id = ?", asked.id)]
    chosen = [(text, value) for text, value in named if value is not None]
    older = "" if asked.after is None else " AND (r.at, r.key, r.version) < (?, ?, ?)"
    texts = " AND ".join(["r.at >= ?", *(text for text, _ in chosen)])
    return texts + older, [asked.since, *(value for _, value in chosen), *(asked.after or ())]
