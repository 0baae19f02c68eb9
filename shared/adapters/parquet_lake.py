"""The lake as Parquet files in a folder, asked by DuckDB in this process (D8a)."""

from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from shared.adapters.parquet_listing import Listing, Shelf
from shared.adapters.parquet_states import FolderShelf
from shared.kernel.identity import IdSource, PatientId, RandomIds
from shared.kernel.refusals import LostRace, TransientFault
from shared.segments.facts import (
    COLUMNS,
    PATIENT,
    PATIENT_COLUMNS,
    TABLES,
    ProfileFacts,
    RecordFacts,
    row_of,
)
from shared.segments.population import parameters
from shared.segments.ports import Lake, LakeState

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_FILES = 16
"""Of one table; the next write puts them together: each is opened by every question."""
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": "2",
    "memory_limit": "1GB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
_BATCH = "written_in"
"""The number of the list a row came with: of one record only the rows that came last count.

There are several where several patients share an appointment.
"""
_TABLES: Mapping[str, Mapping[str, str]] = {PATIENT: PATIENT_COLUMNS} | dict.fromkeys(
    TABLES.values(), COLUMNS
)


class ParquetLake(Lake):
    """Writes and reads `{folder}/{table}/*.parquet`; a shelf keeps the files, and lists of those that count.

    A write that was killed leaves files that no list names: nobody sees them, and they are swept away later.
    Without a shelf of another kind the folder is the lake.
    """

    def __init__(self, folder: Path, *, ids: IdSource | None = None, shelf: Shelf | None = None) -> None:
        self._folder = folder
        self._ids = ids or RandomIds()
        self._shelf = shelf or FolderShelf(folder)

    def state(self) -> LakeState:
        return self._shelf.latest().state

    def write(
        self, facts: Sequence[ProfileFacts | RecordFacts], *, after: str | None, state: LakeState
    ) -> None:
        before = self._shelf.latest()
        if after is not None and before.state.mark != after:
            raise LostRace
        number = before.number + 1
        files = dict(before.files) if after is not None else {}
        with self._duckdb() as duckdb:
            for table, rows in _by_table(facts).items():
                fresh = self._written(duckdb, table, rows, number)
                files[table] = self._together(duckdb, table, [*files.get(table, ()), fresh], number)
        self._shelf.keep(Listing(number, state, files))
        self._shelf.sweep()

    def population(self, sql: str, *, as_of: datetime) -> Sequence[PatientId]:
        listing = self._shelf.latest()
        self._shelf.bring(listing.all_files)
        with self._duckdb() as duckdb:
            for table in _TABLES:
                chosen = self._current(table, listing.files.get(table, ()))
                duckdb.execute(f'CREATE VIEW "{table}" AS {chosen}')
            duckdb.execute("SET enable_external_access = false")
            duckdb.execute("SET lock_configuration = true")
            (question,) = duckdb.extract_statements(sql)
            given = {
                name: value for name, value in parameters(as_of).items() if name in question.named_parameters
            }
            return [PatientId(row[0]) for row in duckdb.execute(question, given).fetchall()]

    @contextmanager
    def _duckdb(self) -> Generator["DuckDBPyConnection"]:
        """Open DuckDB for one piece of work: it reads and writes in this folder and reaches nothing else."""
        import duckdb  # noqa: PLC0415  # 60 ms and 50 MB that only segments cost

        self._folder.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(":memory:", config=_CONFIG) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"SET allowed_directories = [{_quoted(str(self._folder))}]")
            connection.execute(f"SET temp_directory = {_quoted(str(self._folder / 'spilled'))}")
            try:
                yield connection
            except duckdb.IOException as fault:  # a full disk, or files swept away under a slow reader
                raise TransientFault(type(fault).__name__) from None

    def _written(
        self, duckdb: "DuckDBPyConnection", table: str, rows: Sequence[Mapping[str, Any]], number: int
    ) -> str:
        columns = {**_TABLES[table], _BATCH: "BIGINT"}
        shape = orjson.dumps([columns]).decode()
        content = orjson.dumps([{**row, _BATCH: number} for row in rows]).decode()
        names = ", ".join(columns)
        query = f"SELECT {names} FROM (SELECT unnest(from_json($rows, {_quoted(shape)}), max_depth := 2))"  # noqa: S608  # our own names
        return self._copied(duckdb, table, number, query, {"rows": content})

    def _together(
        self, duckdb: "DuckDBPyConnection", table: str, files: Sequence[str], number: int
    ) -> Sequence[str]:
        """Put many files of a table into one, without what no longer counts."""
        if len(files) <= MOST_FILES:
            return files
        self._shelf.bring(files)
        return [self._copied(duckdb, table, number, self._current(table, files, also=(_BATCH,)), {})]

    def _copied(
        self, duckdb: "DuckDBPyConnection", table: str, number: int, query: str, given: Mapping[str, Any]
    ) -> str:
        """Write what a query gives as one file of the table, and let it be kept."""
        (self._folder / table).mkdir(exist_ok=True)
        name = f"{table}/{number:012}-{self._ids.new()}.parquet"
        target = _quoted(str(self._folder / name))
        duckdb.execute(f"COPY ({query}) TO {target} (FORMAT parquet, COMPRESSION zstd)", dict(given))
        self._shelf.put(name)
        return name

    def _current(self, table: str, files: Sequence[str], *, also: Sequence[str] = ()) -> str:
        """Select the latest row of each record, but not of the deleted ones.

        The first file holds most: only the ids of the later ones are kept in memory.
        """
        columns = _TABLES[table]
        if not files:
            nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items())
            return f"SELECT {nothing} LIMIT 0"
        key = next(iter(columns))
        names = ", ".join(f"r.{name}" for name in (*columns, *also))
        if len(files) == 1:
            return f"SELECT {names} FROM {self._read(files)} r WHERE NOT deleted"  # noqa: S608  # our own names
        later = f"SELECT {key} AS later_key, max({_BATCH}) AS last FROM {self._read(files[1:])} GROUP BY ALL"  # noqa: S608  # our own names
        return (
            f"SELECT {names} FROM {self._read(files)} r LEFT JOIN ({later}) l ON l.later_key = r.{key}"  # noqa: S608  # our own names
            f" WHERE (l.last IS NULL OR l.last = r.{_BATCH}) AND NOT r.deleted"
        )

    def _read(self, files: Sequence[str]) -> str:
        return f"read_parquet([{', '.join(_quoted(str(self._folder / file)) for file in files)}])"


def _by_table(
    facts: Sequence[ProfileFacts | RecordFacts],
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    tables: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in facts:
        tables[PATIENT if isinstance(one, ProfileFacts) else TABLES[one.resource]].append(row_of(one))
    return tables


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
