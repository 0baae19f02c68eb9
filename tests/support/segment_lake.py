"""Facts put before DuckDB the plain way: a table of rows for each kind of facts."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from shared.segments.facts import (
    ACTIVITY,
    ACTIVITY_COLUMNS,
    COLUMNS,
    LINK,
    LINK_COLUMNS,
    MEASURE,
    OTHER_COLUMNS,
    OTHERS,
    PATIENT,
    PATIENT_COLUMNS,
    TABLES,
    ActivityFacts,
    Lead,
    LinkFacts,
    PatientFacts,
    row_of,
    table_of,
)
from shared.segments.population import parameters, sql_for
from shared.segments.rules import Segment
from tests.support.segment_strategies import VISITS

TYPES: Mapping[str, Mapping[str, str]] = {
    PATIENT: PATIENT_COLUMNS,
    ACTIVITY: ACTIVITY_COLUMNS,
    LINK: LINK_COLUMNS,
    **dict.fromkeys(OTHERS.values(), OTHER_COLUMNS),
    f"{MEASURE}{VISITS}": {"patient_id": "VARCHAR", "n": "DOUBLE", "last": "VARCHAR"},
    **dict.fromkeys(TABLES.values(), COLUMNS),
}


def empty_lake() -> duckdb.DuckDBPyConnection:
    lake = duckdb.connect()
    for table, columns in TYPES.items():
        declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        lake.execute(f'CREATE TABLE "{table}" ({declared})')
    return lake


def lake_of(people: Iterable[PatientFacts], folder: Path) -> duckdb.DuckDBPyConnection:
    """Write the rows of everybody as NDJSON, as the lake's writer would, and read them back."""
    lines: dict[str, list[str]] = defaultdict(list)
    for table, row in rows_of(people):
        lines[table].append(json.dumps(row))
    lake = empty_lake()
    for table, written in lines.items():
        path = folder / f"{table}.ndjson"
        path.write_text("\n".join(written), encoding="utf-8")
        lake.execute(_READ.format(table=table, columns=_named(TYPES[table])), [str(path)])
    return lake


def holding_only(
    lake: duckdb.DuckDBPyConnection,
    people: Iterable[PatientFacts],
    activities: Iterable[ActivityFacts] = (),
) -> None:
    """Put a few people where others were, and what happened with them."""
    given: dict[str, list[Any]] = {table: [] for table in TYPES}
    for table, row in rows_of(people):
        given[table].append(row)
    given[ACTIVITY] += map(row_of, activities)
    for table, rows in given.items():
        lake.execute(f'DELETE FROM "{table}"')  # noqa: S608  # the table's name is ours
        if rows:
            shape = json.dumps([_shape(TYPES[table])])
            lake.execute(
                f'INSERT INTO "{table}" SELECT UNNEST(FROM_JSON(?, ?), max_depth := 2)',
                [json.dumps(rows), shape],
            )


def members(
    lake: duckdb.DuckDBPyConnection, segment: Segment, nested: Mapping[str, Segment], as_of: datetime
) -> list[str]:
    """Ask for the population; a patient named twice is given twice."""
    found = lake.execute(sql_for(segment, nested=nested), parameters(as_of)).fetchall()
    return sorted(patient_id for (patient_id,) in found)


_READ = """
INSERT INTO "{table}"
SELECT * FROM read_json(?, format = 'newline_delimited', columns = {{{columns}}})
"""


def rows_of(people: Iterable[PatientFacts]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the rows of everybody, and of whatever they lead to, each once."""
    seen: set[str] = set()
    for person in people:
        whose = person.profile.patient_id
        yield from _led_to(f"Patient/{whose}", person.leads, seen)
        for records in person.records.values():
            for one in records:
                yield from _led_to(f"{one.resource}/{one.id}", one.leads, seen)
        yield PATIENT, row_of(person.profile)
        for records in person.records.values():
            yield from ((TABLES[record.resource], row_of(record)) for record in records)
        for measure_id, groups in person.measures.items():
            whose = {"patient_id": person.profile.patient_id}
            yield from ((f"{MEASURE}{measure_id}", {**whose, **group}) for group in groups)


def _led_to(ref: str, leads: tuple[Lead, ...], seen: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for lead in leads:
        far = f"{lead.to.resource}/{lead.to.id}"
        near, end = (far, ref) if lead.back else (ref, far)
        if not lead.to.deleted:
            yield LINK, row_of(LinkFacts(near, lead.by, end))
        if far not in seen:
            seen.add(far)
            yield table_of(lead.to), row_of(lead.to)
            yield from _led_to(far, lead.to.leads, seen)


def _named(columns: Mapping[str, str]) -> str:
    return ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())


def _shape(columns: Mapping[str, str]) -> dict[str, Any]:
    """Spell a row as DuckDB's JSON reader wants it."""
    texts: dict[str, Any] = {"codes": ["VARCHAR"], "value_codes": ["VARCHAR"]}
    part = {"codes": ["VARCHAR"], "value": "DOUBLE", "unit": "VARCHAR", "comparator": "VARCHAR"}
    return {name: (texts | {"components": [part]}).get(name, kind) for name, kind in columns.items()}
