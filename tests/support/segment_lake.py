"""Facts put before DuckDB the plain way: a table of rows for each kind of facts."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from shared.kernel.identity import PatientId
from shared.segments.facts import (
    ACTIVITY,
    ACTIVITY_COLUMNS,
    COLUMNS,
    IDENTIFIER,
    LINK,
    LINK_COLUMNS,
    MEASURE,
    OTHER_COLUMNS,
    OTHERS,
    PATIENT,
    PATIENT_COLUMNS,
    SUBJECT,
    TABLES,
    VALUE,
    VALUE_COLUMNS,
    WHOSE,
    ActivityFacts,
    Lead,
    LinkFacts,
    PatientFacts,
    RecordFacts,
    ValueFacts,
    row_of,
    table_of,
)
from shared.segments.population import parameters, sql_for
from shared.segments.rules import Segment
from tests.support.segment_strategies import CODE_TEXTS, VISITS

TYPES: Mapping[str, Mapping[str, str]] = {
    PATIENT: PATIENT_COLUMNS,
    ACTIVITY: ACTIVITY_COLUMNS,
    LINK: LINK_COLUMNS,
    VALUE: VALUE_COLUMNS,
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
            for record in records:
                yield TABLES[record.resource], row_of(_named_otherwise(record))
        yield from ((VALUE, row_of(one)) for one in _known_by(whose))
        for measure_id, groups in person.measures.items():
            yield from ((f"{MEASURE}{measure_id}", {"patient_id": whose, **group}) for group in groups)
    yield from _of_nobody()


def _named_otherwise(record: RecordFacts) -> RecordFacts:
    """Let some records name their patient by an identifier, or no more than an Encounter of theirs."""
    ways = {"Z": f"number of {record.patient_id}", "10": f"Encounter/seen-{record.patient_id}"}
    if record.resource == "Observation":
        ways["9"] = f"Encounter/sent-{record.patient_id}"
    whose = ways.get(record.id.rpartition("-")[2])
    is_otherwise = whose is not None and (record.resource == "Observation" or whose.startswith("number"))
    return replace(record, patient_id=None, whose=whose) if is_otherwise else record


def _known_by(whose: PatientId) -> Iterator[ValueFacts]:
    """Give what leads from those names to them, and an identifier that is everybody's, so nobody's."""
    yield ValueFacts(f"Patient/{whose}", IDENTIFIER, f"number of {whose}")
    yield ValueFacts(f"Patient/{whose}", IDENTIFIER, f"number of {whose}")
    yield ValueFacts(f"Patient/{whose}", IDENTIFIER, "everybody")
    yield ValueFacts(f"Organization/{whose}", IDENTIFIER, f"number of {whose}")
    yield ValueFacts("Patient/gone", IDENTIFIER, f"number of {whose}", deleted=True)
    yield ValueFacts(f"Encounter/seen-{whose}", SUBJECT, whose)
    yield ValueFacts(f"Encounter/sent-{whose}", WHOSE, f"number of {whose}")


def _of_nobody() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give records that name several, nobody, and an Encounter of nobody's."""
    for whose in ("everybody", "nobody", "Encounter/lost"):
        record = RecordFacts("Observation", f"of {whose}", None, whose=whose, codes=CODE_TEXTS)
        yield TABLES["Observation"], row_of(record)
    yield VALUE, row_of(ValueFacts("Encounter/lost", WHOSE, "everybody"))
    yield from ((VALUE, row_of(ValueFacts(f"Patient/{one}", IDENTIFIER, "everybody"))) for one in ("x", "y"))


def _led_to(ref: str, leads: tuple[Lead, ...], seen: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for lead in leads:
        far = f"{lead.to.resource}/{lead.to.id}"
        near, end = (far, ref) if lead.back else (ref, far)
        if lead.equal:
            held = f"{lead.by} of {far}"
            yield from ((VALUE, row_of(ValueFacts(one, lead.by, held))) for one in (ref, far))
        elif not lead.to.deleted:
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
