"""Rows as CSV (RFC 4180) and Parquet."""

import csv
import io
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from shared.exports.definitions import Format
from shared.exports.ports import Cell, ColumnKind, ExportColumn, ExportTables
from shared.kernel.identity import PatientId

WHO = "patient_id"
_DUCKDB: Mapping[ColumnKind, str] = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "truth": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMP WITH TIME ZONE",
}
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet may take for the beginning of a formula, wide or not, blanks before it or not."""
_WITHIN = re.compile(r"(?<=[;\r\n])(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""The same within a text, for a spreadsheet whose cells end with a semicolon: it honours no quotes then."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
"""Telephone numbers among them: no formula."""
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": "1",
    "memory_limit": "512MB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}


class SpellsTables(ExportTables):
    """Spells and reads them in this process; a scratch folder is gone when it is done."""

    def spelt(
        self, spelling: Format, columns: Sequence[ExportColumn], rows: Sequence[Mapping[str, Cell]]
    ) -> bytes:
        return _csv(columns, rows) if spelling == "csv" else _parquet(columns, rows)

    def names(self, spelling: Format, content: bytes, patient_id: PatientId) -> bool:
        if spelling == "csv":
            csv.field_size_limit(max(csv.field_size_limit(), len(content)))
            read = csv.DictReader(io.StringIO(content.decode(), newline=""))
            return any(row.get(WHO) in (patient_id, f"'{patient_id}") for row in read)
        return _is_in_parquet(content, patient_id)


def _csv(columns: Sequence[ExportColumn], rows: Sequence[Mapping[str, Cell]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([one.name for one in columns])
    writer.writerows([_in_csv(row.get(one.name)) for one in columns] for row in rows)
    return text.getvalue().encode()


def _in_csv(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    text = _spelt(cell)
    if not isinstance(cell, str) or _NUMBER.fullmatch(text):
        return text
    return _WITHIN.sub("'", f"'{text}" if _FORMULA.match(text) else text)


def _spelt(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _parquet(columns: Sequence[ExportColumn], rows: Sequence[Mapping[str, Cell]]) -> bytes:
    """Let DuckDB write it: every cell goes in as JSON and is cast to what its column holds."""
    names = {f"c{place}": one for place, one in enumerate(columns)}
    shape = json.dumps([dict.fromkeys(names, "VARCHAR")])
    content = json.dumps([{key: _text(row.get(one.name)) for key, one in names.items()} for row in rows])
    chosen = ", ".join(
        f"CAST({key} AS {_DUCKDB[one.kind]}) AS {_named(one.name)}" for key, one in names.items()
    )
    unnested = f"SELECT unnest(from_json($rows, '{shape}'), max_depth := 2)"
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "rows.parquet"
        _ask(
            f"COPY (SELECT {chosen} FROM ({unnested})) TO '{path}' (FORMAT parquet, COMPRESSION zstd)",  # noqa: S608  # names are quoted, values are given
            {"rows": content},
        )
        return path.read_bytes()


def _is_in_parquet(content: bytes, patient_id: PatientId) -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "rows.parquet"
        path.write_bytes(content)
        columns = {row[0] for row in _ask("SELECT name FROM parquet_schema($file)", {"file": str(path)})}
        if WHO not in columns:
            return False
        found = f"SELECT 1 FROM read_parquet('{path}') WHERE {WHO} = $patient_id LIMIT 1"  # noqa: S608  # our own names
        return bool(_ask(found, {"patient_id": patient_id}))


def _ask(sql: str, given: Mapping[str, str]) -> Sequence[tuple[object, ...]]:
    import duckdb  # noqa: PLC0415  # 60 ms and 50 MB that only exports in Parquet cost here

    with duckdb.connect(":memory:", config=_CONFIG) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(sql, dict(given)).fetchall()


def _text(cell: Cell) -> str | None:
    if cell is None:
        return None
    return ("true" if cell else "false") if isinstance(cell, bool) else _spelt(cell)


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
