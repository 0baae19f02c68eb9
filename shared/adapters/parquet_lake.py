"""The lake as Parquet files in a folder, asked by DuckDB in this process (D8a)."""

from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from shared.adapters.parquet_listing import EDITION, Listing, Shelf
from shared.adapters.parquet_measured import OF_ONE, groups_of, open_measure
from shared.adapters.parquet_states import FolderShelf
from shared.kernel.identity import IdSource, PatientId, RandomIds
from shared.kernel.refusals import LostRace, TransientFault
from shared.segments.facts import (
    ACTIVITY,
    ACTIVITY_COLUMNS,
    COLUMNS,
    LINK,
    LINK_COLUMNS,
    OTHER_COLUMNS,
    OTHERS,
    PATIENT,
    PATIENT_COLUMNS,
    TABLES,
    VALUE,
    VALUE_COLUMNS,
    ActivityFacts,
    Facts,
    Value,
    row_of,
    table_of,
)
from shared.segments.measured import Asked
from shared.segments.model import MeasureNotWorkedOut
from shared.segments.population import parameters
from shared.segments.ports import NO_MEASURES, Lake, LakeState

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
_TABLES: Mapping[str, Mapping[str, str]] = {
    PATIENT: PATIENT_COLUMNS,
    ACTIVITY: ACTIVITY_COLUMNS,
    LINK: LINK_COLUMNS,
    VALUE: VALUE_COLUMNS,
    **dict.fromkeys(OTHERS.values(), OTHER_COLUMNS),
    **dict.fromkeys(TABLES.values(), COLUMNS),
}
ANSWERS = "answer"
_ANSWER = "answer:"
"""Before the name under which an answer is listed: there is one file of each."""
_TRIES = 5

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """Some rows of a kept answer, in which file it lies, and what was told with it."""

    file: str
    told: Mapping[str, str]
    rows: Sequence[Row]


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
        latest = self._shelf.latest()
        return latest.state if latest.edition == EDITION else LakeState()

    def write(self, facts: Sequence[Facts], *, after: str | None, state: LakeState) -> None:
        before = self._shelf.latest()
        if after is not None and before.state.mark != after:
            raise LostRace
        number = before.number + 1
        files = {
            table: files for table, files in before.files.items() if after is not None or _is_kept(table)
        }
        with self._duckdb() as duckdb:
            for table, rows in _by_table(facts).items():
                fresh = self._written(duckdb, table, rows, number)
                files[table] = self._together(duckdb, table, [*files.get(table, ()), fresh], number)
        self._shelf.keep(Listing(number, state, files, before.activities))
        self._shelf.sweep()

    def activities_mark(self) -> str | None:
        """Say how far it has followed what happened with patients."""
        return self._shelf.latest().activities

    def write_activities(
        self, facts: Sequence[ActivityFacts], *, after: str | None, mark: str | None
    ) -> None:
        """Write these over what is there of the same activities, and move on from mark `after`, as one.

        Raises `LostRace` when the mark is another by now; then nothing was written.
        """
        before = self._shelf.latest()
        if before.activities != after:
            raise LostRace
        number, files = before.number + 1, dict(before.files)
        if facts:
            with self._duckdb() as duckdb:
                fresh = self._written(duckdb, ACTIVITY, [row_of(one) for one in facts], number)
                files[ACTIVITY] = self._together(duckdb, ACTIVITY, [*files.get(ACTIVITY, ()), fresh], number)
        self._shelf.keep(Listing(number, before.state, files, mark, before.edition))
        self._shelf.sweep()

    def population(self, sql: str, *, as_of: datetime, measures: Asked = NO_MEASURES) -> Sequence[PatientId]:
        with self._asking(self._shelf.latest(), measures) as duckdb:
            (question,) = duckdb.extract_statements(sql)
            given = {
                name: value for name, value in parameters(as_of).items() if name in question.named_parameters
            }
            return [PatientId(row[0]) for row in duckdb.execute(question, given).fetchall()]

    def patients_after(self, after: PatientId | None, *, most: int) -> Sequence[PatientId]:
        """Give who is a patient, in the order of ids, from after one."""
        sql = f'SELECT DISTINCT patient_id FROM "{PATIENT}" WHERE patient_id > $after ORDER BY 1 LIMIT $most'  # noqa: S608  # our own name
        with self._asking(self._shelf.latest(), NO_MEASURES) as duckdb:
            found = duckdb.execute(sql, {"after": after or "", "most": most}).fetchall()
            return [PatientId(row[0]) for row in found]

    def values_of(self, measure_id: str, patient_id: PatientId) -> Sequence[Mapping[str, Value]] | None:
        kept = self.look_into(measure_id, OF_ONE, {"patient_id": patient_id})
        return groups_of(kept.rows, kept.told) if kept else None

    def answered(self, sql: str, *, as_of: datetime, measures: Asked) -> Sequence[Row]:
        """Give what a query over the tables finds, as of a moment, by the names of its columns."""
        with self._asking(self._shelf.latest(), measures) as duckdb:
            return _rows(duckdb.execute(sql, parameters(as_of)))

    def keep_answer(
        self, name: str, sql: str, *, as_of: datetime, told: Mapping[str, str], measures: Asked
    ) -> int:
        """Keep what a query finds in the place of what was kept under the name; say how many rows.

        Readers see the one or the other. `told` goes with it. Raises `LostRace` where others write so often
        that it could not be listed.
        """
        listing = self._shelf.latest()
        with self._asking(listing, measures) as duckdb:
            file = self._copied(duckdb, ANSWERS, listing.number + 1, sql, parameters(as_of), told)
            (count,) = duckdb.execute(f"SELECT count(*) FROM {self._read([file])}").fetchall()[0]  # noqa: S608  # our own names
        self._relist({_ANSWER + name: [file]})
        return count

    def forget_answer(self, name: str) -> None:
        """Keep nothing under the name any more."""
        if _ANSWER + name in self._shelf.latest().files:
            self._relist({_ANSWER + name: []})

    def look_into(self, name: str, sql: str, given: Mapping[str, Any]) -> Kept | None:
        """Ask what is kept under a name, as the table `answer`; None where nothing is."""
        files = self._shelf.latest().files.get(_ANSWER + name, ())
        if not files:
            return None
        self._shelf.bring(files)
        with self._duckdb() as duckdb:
            duckdb.execute(f"CREATE VIEW answer AS SELECT * FROM {self._read(files)}")  # noqa: S608  # our own names
            told = self._told(duckdb, files[0])
            return Kept(files[0], told, _rows(duckdb.execute(sql, dict(given))))

    def _told(self, duckdb: "DuckDBPyConnection", file: str) -> Mapping[str, str]:
        told = duckdb.execute(
            "SELECT key, value FROM parquet_kv_metadata($file)", {"file": str(self._folder / file)}
        )
        return {bytes(key).decode(): bytes(value).decode() for key, value in told.fetchall()}

    def _relist(self, changed: Mapping[str, Sequence[str]]) -> None:
        """List other files in the place of some, whatever else has been listed meanwhile."""
        for tries_left in reversed(range(_TRIES)):
            latest = self._shelf.latest()
            files = {name: some for name, some in {**latest.files, **changed}.items() if some}
            try:
                self._shelf.keep(
                    Listing(latest.number + 1, latest.state, files, latest.activities, latest.edition)
                )
                break
            except LostRace:
                if not tries_left:
                    raise
        self._shelf.sweep()

    @contextmanager
    def _asking(self, listing: Listing, measures: Asked) -> Generator["DuckDBPyConnection"]:
        """Open the tables as they are listed; what is asked from then on reaches nothing else."""
        answers = {measure_id: listing.files.get(_ANSWER + measure_id, ()) for measure_id in measures}
        if not all(answers.values()):
            raise MeasureNotWorkedOut
        tables = [file for table in _TABLES for file in listing.files.get(table, ())]
        self._shelf.bring([*tables, *(file for files in answers.values() for file in files)])
        with self._duckdb() as duckdb:
            for table in _TABLES:
                chosen = self._current(table, listing.files.get(table, ()))
                duckdb.execute(f'CREATE VIEW "{table}" AS {chosen}')
            for measure_id, files in answers.items():
                told, read = self._told(duckdb, files[0]), self._read(files)
                open_measure(duckdb, measure_id, measures[measure_id], read=read, told=told)
            duckdb.execute("SET enable_external_access = false")
            duckdb.execute("SET lock_configuration = true")
            yield duckdb

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
        self,
        duckdb: "DuckDBPyConnection",
        table: str,
        number: int,
        query: str,
        given: Mapping[str, Any],
        told: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """Write what a query gives as one file of the table, and let it be kept."""
        (self._folder / table).mkdir(exist_ok=True)
        name = f"{table}/{number:012}-{self._ids.new()}.parquet"
        target = self._quoted_path(name)
        beside = ", ".join(f"{key}: {_quoted(value)}" for key, value in told.items())
        manner = f"FORMAT parquet, COMPRESSION zstd{f', KV_METADATA {{{beside}}}' if beside else ''}"
        duckdb.execute(f"COPY ({query}) TO {target} ({manner})", dict(given))
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
        return f"read_parquet([{', '.join(map(self._quoted_path, files))}])"

    def _quoted_path(self, file: str) -> str:
        return _quoted(str(self._folder / file))


def _by_table(
    facts: Sequence[Facts],
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    tables: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in facts:
        tables[table_of(one)].append(row_of(one))
    return tables


def _is_kept(table: str) -> bool:
    """Say whether it stays when the record is followed from the beginning."""
    return table == ACTIVITY or table.startswith(_ANSWER)


def _rows(found: "DuckDBPyConnection") -> Sequence[Row]:
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
