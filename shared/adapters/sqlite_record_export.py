"""What a bulk export takes out of the embedded record, page by page, in order of keys (fhir.md §2.3)."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from shared.adapters.fhir_compartment import PATIENT_COMPARTMENT
from shared.adapters.fhir_search_parameters import parameters_of
from shared.adapters.fhir_type_filters import TypeFilter, criteria_of
from shared.adapters.sqlite_record_conditions import Asker, all_of, any_of
from shared.adapters.sqlite_record_tables import Numbers

_TYPES = "SELECT DISTINCT type FROM resource WHERE deleted = 0 ORDER BY type"
_GONE = """
SELECT key, type, id FROM (
    SELECT key, type, id, at FROM resource WHERE deleted = 1
    UNION ALL
    SELECT e.key, e.type, e.id, e.at FROM erased e LEFT JOIN resource r ON r.type = e.type AND r.id = e.id
    WHERE r.key IS NULL
) WHERE at >= ? AND at <= ? AND key > ? AND type IN (SELECT value FROM json_each(?)) ORDER BY key LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Portion:
    """Whose resources, and from when to when they were written, both ends included.

    With `of_patients` only what belongs to a patient; with `patients` only to these. Of a type that `filters`
    name only what meets one of them.
    """

    since: int
    until: int
    of_patients: bool = False
    patients: tuple[str, ...] | None = None
    filters: tuple[TypeFilter, ...] = ()


def types_in(connection: sqlite3.Connection) -> list[str]:
    """Give the types of which there is something."""
    return [type_ for (type_,) in connection.execute(_TYPES)]


def page_of(
    connection: sqlite3.Connection, asker: Asker, type_: str, portion: Portion, *, after: int, limit: int
) -> Sequence[tuple[int, bytes]]:
    """Give the next resources of a type, each with its key to go on from."""
    whose, arguments = _whose(asker.numbers, type_, portion)
    meeting, some = _meeting(asker, type_, portion)
    query = (
        "SELECT r.key, r.body FROM resource r INDEXED BY resource_by_type"  # noqa: S608  # our own words
        f" WHERE r.deleted = 0 AND r.type = ? AND r.at >= ? AND r.at <= ? AND r.key > ?{whose}{meeting}"
        " ORDER BY r.key LIMIT ?"
    )
    return connection.execute(
        query, [type_, portion.since, portion.until, after, *arguments, *some, limit]
    ).fetchall()


def gone_in(
    connection: sqlite3.Connection, types: Sequence[str], portion: Portion, *, after: int, limit: int
) -> Sequence[tuple[int, str, str]]:
    """Give what was deleted in the time, softly or hard, and is not there again."""
    named = orjson.dumps([*types]).decode()
    return connection.execute(_GONE, (portion.since, portion.until, after, named, limit)).fetchall()


def _meeting(asker: Asker, type_: str, portion: Portion) -> tuple[str, list[Any]]:
    """Say that it meets one of the type's filters, if there are any."""
    each = [
        all_of([condition.probe for condition in asker.conditions(type_, criteria_of(one))])
        for one in portion.filters
        if one[0] == type_
    ]
    if not each:
        return "", []
    text, arguments = any_of(each)
    return f" AND ({text})", arguments


def _whose(numbers: Numbers, type_: str, portion: Portion) -> tuple[str, list[Any]]:
    if not portion.of_patients:
        return "", []
    chosen = None if portion.patients is None else orjson.dumps(portion.patients).decode()
    if type_ == "Patient":
        return ("", []) if chosen is None else (" AND r.id IN (SELECT value FROM json_each(?))", [chosen])
    parameters = parameters_of(type_)
    kept = [numbers[type_, parameters[name].key] for name in PATIENT_COMPARTMENT[type_]]
    theirs = "" if chosen is None else " AND x.value IN (SELECT value FROM json_each(?))"
    text = (
        " AND EXISTS (SELECT 1 FROM term x WHERE x.key = r.key AND x.space = 'Patient'"  # noqa: S608  # marks only
        f" AND x.parameter IN ({', '.join('?' * len(kept))}){theirs})"
    )
    return text, [*kept, *([] if chosen is None else [chosen])]
