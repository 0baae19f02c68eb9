"""A measure's kept values as segments ask about them: with what stands for the unknown, for every patient."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from shared.measures.values_in_sql import VALUE
from shared.segments.facts import MEASURE, PATIENT, Value
from shared.segments.model import MeasureNotWorkedOut

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NULL_AS = "null_as"
"""Under which a kept answer tells what stands for the unknown, by the name of the calculation, as JSON."""
OF_ONE = "SELECT a.* FROM (SELECT 1) LEFT JOIN answer a ON a.patient_id = $patient_id ORDER BY a.place"
"""The rows of one patient; of whom there is none, one in which all is unknown."""


def open_measure(
    duckdb: "DuckDBPyConnection",
    measure_id: str,
    calculations: Collection[str],
    *,
    read: str,
    told: Mapping[str, str],
) -> None:
    """Let a measure's values be a view of `patient_id` and the calculations, a row at least for each patient.

    Raises `MeasureNotWorkedOut` where what is kept has no such calculation.
    """
    types = dict(row[:2] for row in duckdb.execute(f"DESCRIBE SELECT * FROM {read}").fetchall())  # noqa: S608  # our own names
    if not all(VALUE + name in types for name in calculations):
        raise MeasureNotWorkedOut
    stand_ins = stand_ins_in(told)
    columns = [
        f'{_known(VALUE + name, types[VALUE + name], stand_ins.get(name))} AS "{name}"'
        for name in sorted(calculations)
    ]
    duckdb.execute(
        f'CREATE VIEW "{MEASURE}{measure_id}" AS SELECT {", ".join(["p.patient_id", *columns])}'  # noqa: S608  # our own names, and quoted texts
        f' FROM "{PATIENT}" p LEFT JOIN {read} a ON a.patient_id = p.patient_id'
    )


def groups_of(rows: Sequence[Mapping[str, Any]], told: Mapping[str, str]) -> Sequence[Mapping[str, Value]]:
    """Give the same of one patient, of the rows that `OF_ONE` finds."""
    stand_ins = stand_ins_in(told)
    return [
        {
            name: value if (value := spelt(row[VALUE + name])) is not None else stand_ins.get(name)
            for name in (column.removeprefix(VALUE) for column in row if column.startswith(VALUE))
        }
        for row in rows
    ]


def stand_ins_in(told: Mapping[str, str]) -> Mapping[str, float | str]:
    return json.loads(told.get(NULL_AS, "{}"))


def spelt(value: Any) -> Value:
    """Spell what DuckDB gives as a value of a measure; what is no finite number is none at all."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def _known(column: str, type_: str, stand_in: float | str | None) -> str:
    given = f'a."{column}"'
    if type_ == "DOUBLE":
        given = f"CASE WHEN isfinite({given}) THEN {given} END"
    if stand_in is None:
        return given
    literal = _quoted(stand_in) if isinstance(stand_in, str) else f"CAST({_quoted(repr(stand_in))} AS DOUBLE)"
    return f"COALESCE({given}, {literal})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
