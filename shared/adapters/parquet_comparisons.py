"""What a run of a matching has compared, as Parquet files, and the comparing again of what has changed."""

import shutil
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.adapters.comparison_files import (
    FILES,
    ComparisonFiles,
    FolderComparisonFiles,
    begun,
    file_in,
)
from shared.adapters.splink_tables import (
    apart_in,
    declare_records,
    duckdb_in,
    fill,
    fill_records,
    groups_of,
    no_pairs,
    quoted,
    slips,
    told,
    value_names,
)
from shared.matching.comparing import Plan, Prepared
from shared.matching.definitions import WELL_KNOWN
from shared.matching.model import PersonId, RecordRef
from shared.matching.ports import (
    ComparedAgain,
    Comparisons,
    Former,
    Linked,
    Marked,
    Placed,
    Touched,
)
from shared.matching.rules_in_sql import pair_sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RECORDS = {"number": "BIGINT", "source": "VARCHAR", "key": "VARCHAR", "mark": "VARCHAR", "person": "VARCHAR"}
_PERSONS = {
    "id": "VARCHAR",
    "of_several": "BOOLEAN",
    "household_key": "VARCHAR",
    "household": "VARCHAR",
    "id_key": "VARCHAR",
}
_FORMER = {"id": "VARCHAR", "source": "VARCHAR", "key": "VARCHAR", "merged_into": "VARCHAR"}


def begin(duckdb: "DuckDBPyConnection", folder: Path, name: str) -> None:
    """Write what the engine has compared and found; the rest makes it whole."""
    part = begun(folder, name)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    _copy(duckdb, "FROM records", file_in(part, "values"))
    _copy(duckdb, "FROM pairs", file_in(part, "pairs"))


class ParquetComparisons(Comparisons):
    """Writes and reads them in a folder; `files` says where they are kept, of itself in that same folder."""

    def __init__(self, folder: Path, *, memory: str = "1GB", files: ComparisonFiles | None = None) -> None:
        self._folder = folder
        self._memory = memory
        self._files = files or FolderComparisonFiles(folder)

    def has(self, name: str) -> bool:
        return self._files.has(name)

    def keep(
        self, name: str, records: Iterable[Marked], persons: Iterable[Placed], former: Iterable[Former]
    ) -> None:
        part = begun(self._folder, name)
        with duckdb_in(self._folder, self._memory) as duckdb:
            fill(duckdb, "kept", _RECORDS, _marked(records))
            _copy(duckdb, "FROM kept", file_in(part, "records"))
            fill(duckdb, "kept", _PERSONS, _placed(persons))
            _copy(duckdb, "FROM kept", file_in(part, "persons"))
            fill(duckdb, "kept", _FORMER, _of_former(former))
            _copy(duckdb, "FROM kept", file_in(part, "former"))
        self._files.keep(name)

    @contextmanager
    def again(self, name: str, records: Iterable[Marked]) -> Generator[ComparedAgain]:
        with self._files.brought(name) as there, duckdb_in(self._folder, self._memory) as duckdb:
            yield _Again(duckdb, self._folder, self._files, there, records)

    def drop_all(self, matching: str) -> None:
        self._files.drop_all(matching)

    def drop_others(self, name: str) -> None:
        self._files.drop_others(name)


class _Again(ComparedAgain):
    """Tables of one DuckDB: `was` and `now` are all records then and now, `same` those that are both.

    `touched` grows; `led` are the former ids that have to do with it.
    """

    def __init__(
        self,
        duckdb: "DuckDBPyConnection",
        folder: Path,
        files: ComparisonFiles,
        there: Path,
        records: Iterable[Marked],
    ) -> None:
        self._duckdb = duckdb
        self._folder = folder
        self._files = files
        self._plan: Plan | None = None
        for file, view in zip(
            FILES, ("old_values", "old_pairs", "was", "old_persons", "old_former"), strict=True
        ):
            duckdb.execute(
                f"CREATE VIEW {view} AS SELECT * FROM read_parquet({quoted(file_in(there, file))})"  # noqa: S608  # our own names
            )
        fill(duckdb, "now", _RECORDS, _marked(records))
        duckdb.execute(
            "CREATE TABLE same AS SELECT n.number, w.number AS old, w.person"
            " FROM now n JOIN was w ON n.source = w.source AND n.key = w.key AND n.mark = w.mark"
        )
        duckdb.execute(
            "CREATE TABLE lost AS SELECT w.number AS old, w.source, w.key, w.person"
            " FROM was w ANTI JOIN same s ON w.number = s.old"
        )
        duckdb.execute("CREATE TABLE fresh AS SELECT number FROM now ANTI JOIN same USING (number)")
        duckdb.execute("CREATE TABLE touched (number BIGINT)")
        duckdb.execute("CREATE TABLE led (id VARCHAR)")
        self._fresh = self._numbers("SELECT number FROM fresh ORDER BY number")

    @property
    def fresh(self) -> Sequence[int]:
        return self._fresh

    def compare(self, plan: Plan, fresh: Iterable[Prepared]) -> None:
        self._plan = plan
        declare_records(self._duckdb, plan)
        fill_records(self._duckdb, plan, fresh)
        self._do("CREATE TABLE fresh_records AS FROM records")
        values = "".join(f", v.{name}" for name in value_names(plan))
        self._do(
            f"INSERT INTO records SELECT s.number, v.source{values}"  # noqa: S608  # our own names
            " FROM same s JOIN old_values v ON v.unique_id = s.old"
        )
        no_pairs(self._duckdb)
        for number, step in enumerate(plan.steps):
            self._do(
                "INSERT INTO pairs SELECT least(l.unique_id, r.unique_id),"  # noqa: S608  # our own words
                f" greatest(l.unique_id, r.unique_id), {number} FROM fresh_records l JOIN records r"
                f" ON {pair_sql(step, plan.sources)} AND l.unique_id <> r.unique_id"
            )
        self._do(
            "CREATE OR REPLACE TABLE pairs AS"
            " SELECT one, other, min(step) AS step FROM pairs GROUP BY ALL"
            " UNION ALL SELECT l.number, r.number, p.step FROM old_pairs p"
            " JOIN same l ON l.old = p.one JOIN same r ON r.old = p.other"
        )
        self._touch("SELECT number FROM fresh")
        for one, other in (("one", "other"), ("other", "one")):
            self._touch(
                f"SELECT s.number FROM old_pairs p JOIN lost l ON l.old = p.{one}"  # noqa: S608  # our own words
                f" JOIN same s ON s.old = p.{other}"
            )
        self._touch("SELECT s.number FROM same s JOIN lost l USING (person)")
        for place in slips(plan):
            self._touch_where_it_counts(place)

    def _touch_where_it_counts(self, place: int) -> None:
        """Touch whoever has a value that has become, or ceased to be, one record's alone or well known."""
        told = f"n = 1 AS alone, n >= {WELL_KNOWN} AS well_known"
        self._touch(
            f"WITH before AS (SELECT c{place} AS value, {told} FROM"  # noqa: S608  # our own names
            f" (SELECT c{place}, count(*) AS n FROM old_values GROUP BY ALL)),"
            f" after AS (SELECT c{place} AS value, {told} FROM"
            f" (SELECT c{place}, count(*) AS n FROM records GROUP BY ALL))"
            f" SELECT r.unique_id FROM records r JOIN after ON after.value = r.c{place}"
            " LEFT JOIN before ON before.value = after.value"
            " WHERE before.alone IS DISTINCT FROM after.alone"
            " OR before.well_known IS DISTINCT FROM after.well_known"
        )

    def touch(self, numbers: Sequence[int] = (), persons: Sequence[PersonId] = ()) -> Touched:
        fill(self._duckdb, "named_numbers", {"number": "BIGINT"}, ((one,) for one in numbers))
        fill(self._duckdb, "named_persons", {"person": "VARCHAR"}, ((one,) for one in persons))
        self._touch("SELECT number FROM named_numbers")
        self._touch("SELECT number FROM same JOIN named_persons USING (person)")
        while sum(map(self._touch, _HANGING)) + self._lead():
            continue
        return Touched(
            numbers=self._numbers("SELECT number FROM touched ORDER BY number"),
            gone=[RecordRef(*row) for row in self._rows(_GONE)],
            persons=[
                PersonId(row[0])
                for row in self._rows(f"SELECT DISTINCT person {_TOUCHED_PERSONS} ORDER BY ALL")
            ],
            former=[PersonId(row[0]) for row in self._rows("SELECT id FROM led ORDER BY ALL")],
        )

    def _lead(self) -> int:
        """Note former ids that have to do with what is touched, and touch what they had; count this."""
        self._do(
            "CREATE OR REPLACE TABLE led AS SELECT DISTINCT f.id FROM old_former f"  # noqa: S608  # our own words
            " WHERE EXISTS (SELECT 1 FROM now n JOIN touched USING (number)"
            " WHERE n.source = f.source AND n.key = f.key)"
            " OR EXISTS (SELECT 1 FROM lost l WHERE l.source = f.source AND l.key = f.key)"
            f" OR f.merged_into IN (SELECT person {_TOUCHED_PERSONS})"
        )
        return self._touch(
            "SELECT n.number FROM led JOIN old_former f USING (id)"
            " JOIN now n ON n.source = f.source AND n.key = f.key"
        )

    def linked(self, also: Sequence[tuple[int, int]], *, largest: int) -> Linked:
        plan = self._compared_by
        pairs = told(self._duckdb, "one IN (SELECT number FROM touched)")
        groups = groups_of(self._duckdb, pairs, also)
        apart = apart_in(self._duckdb, plan, [group for group in groups if len(group) <= largest])
        return Linked(pairs, groups, apart)

    def counts(self) -> Mapping[str, tuple[int, int, int]]:
        names = enumerate(step.name for step in self._compared_by.steps)
        fill(self._duckdb, "steps", {"step": "INTEGER", "name": "VARCHAR"}, names)
        return {name: (pairs, records, alone) for name, pairs, records, alone in self._rows(_COUNTS)}

    def untouched(self) -> tuple[int, int]:
        ((several, everybody),) = self._rows(
            f"SELECT count(*) FILTER (of_several), count(*) FROM old_persons WHERE {_IS_UNTOUCHED}"  # noqa: S608  # our own words
        )
        return everybody, several

    def in_households(self, keys: Sequence[str]) -> Sequence[Placed]:
        return self._untouched_with("household_key", keys)

    def with_id_keys(self, keys: Sequence[str]) -> Sequence[Placed]:
        return self._untouched_with("id_key", keys)

    def _untouched_with(self, column: str, keys: Sequence[str]) -> Sequence[Placed]:
        fill(self._duckdb, "wanted", {column: "VARCHAR"}, ((one,) for one in keys))
        found = self._rows(
            f"SELECT p.* FROM old_persons p SEMI JOIN wanted USING ({column})"  # noqa: S608  # our own names
            f" WHERE {_IS_UNTOUCHED} ORDER BY id"
        )
        return [Placed(PersonId(row[0]), *row[1:]) for row in found]

    def keys_of(self, persons: Sequence[PersonId]) -> Sequence[Placed]:
        fill(self._duckdb, "wanted", {"id": "VARCHAR"}, ((one,) for one in persons))
        found = self._rows("SELECT p.* FROM old_persons p SEMI JOIN wanted USING (id) ORDER BY id")
        return [Placed(PersonId(row[0]), *row[1:]) for row in found]

    def keep_as(
        self,
        name: str,
        *,
        whose: Mapping[int, PersonId],
        persons: Sequence[Placed],
        former: Sequence[Former],
    ) -> None:
        begin(self._duckdb, self._folder, name)
        part = begun(self._folder, name)
        fill(self._duckdb, "placed_now", {"number": "BIGINT", "whose": "VARCHAR"}, whose.items())
        fill(self._duckdb, "persons_now", _PERSONS, _placed(persons))
        fill(self._duckdb, "former_now", _FORMER, _of_former(former))
        _copy(
            self._duckdb,
            "SELECT n.number, n.source, n.key, n.mark,"
            " CASE WHEN t.number IS NULL THEN s.person ELSE p.whose END AS person"
            " FROM now n LEFT JOIN same s USING (number) LEFT JOIN touched t USING (number)"
            " LEFT JOIN placed_now p USING (number)",
            file_in(part, "records"),
        )
        _copy(
            self._duckdb,
            f"SELECT * FROM old_persons WHERE {_IS_UNTOUCHED} AND id NOT IN (SELECT id FROM persons_now)"  # noqa: S608  # our own words
            " UNION ALL FROM persons_now",
            file_in(part, "persons"),
        )
        _copy(
            self._duckdb,
            "SELECT * FROM old_former WHERE id NOT IN (SELECT id FROM former_now)"
            " AND id NOT IN (SELECT id FROM led) AND id NOT IN (SELECT id FROM persons_now)"
            " UNION ALL FROM former_now",
            file_in(part, "former"),
        )
        self._files.keep(name)

    @property
    def _compared_by(self) -> Plan:
        if self._plan is None:
            raise LookupError
        return self._plan

    def _touch(self, numbers: str) -> int:
        """Touch some more; give how many were not."""
        (count,) = self._rows(
            f"INSERT INTO touched SELECT DISTINCT number FROM ({numbers}) more(number)"  # noqa: S608  # our own words
            " WHERE number NOT IN (SELECT number FROM touched)"
        )
        return count[0]

    def _do(self, sql: str) -> None:
        self._duckdb.execute(sql)

    def _rows(self, sql: str) -> list[Any]:
        return self._duckdb.execute(sql).fetchall()

    def _numbers(self, sql: str) -> list[int]:
        return [row[0] for row in self._rows(sql)]


_HANGING = (
    "SELECT p.other FROM pairs p JOIN touched t ON t.number = p.one",
    "SELECT p.one FROM pairs p JOIN touched t ON t.number = p.other",
    """SELECT s.number FROM same s WHERE s.person IN
    (SELECT person FROM same JOIN touched USING (number) WHERE person IS NOT NULL)""",
)
"""What hangs together with what is touched: by a pair either way, or by a person."""
_TOUCHED_PERSONS = (
    "FROM (SELECT person FROM same JOIN touched USING (number) UNION SELECT person FROM lost)"
    " WHERE person IS NOT NULL"
)
_IS_UNTOUCHED = f"id NOT IN (SELECT person {_TOUCHED_PERSONS})"
_GONE = (
    "SELECT l.source, l.key FROM lost l ANTI JOIN now n ON n.source = l.source AND n.key = l.key ORDER BY ALL"
)
_COUNTS = """
WITH named AS (SELECT one, other, name FROM pairs JOIN steps USING (step)),
each_one AS (SELECT DISTINCT unnest([one, other]) AS number, name FROM named),
told AS (SELECT number, count(*) AS rules FROM each_one GROUP BY number),
of_records AS (
    SELECT name, count(*) AS records, count(*) FILTER (rules = 1) AS alone
    FROM each_one JOIN told USING (number) GROUP BY name)
SELECT name, count(*), any_value(records), any_value(alone)
FROM named JOIN of_records USING (name) GROUP BY name
"""


def _copy(duckdb: "DuckDBPyConnection", rows: str, file: Path) -> None:
    duckdb.execute(f"COPY ({rows}) TO {quoted(file)} (FORMAT parquet, COMPRESSION zstd)")


def _marked(records: Iterable[Marked]) -> Iterable[tuple[Any, ...]]:
    return ((number, one.ref.source, one.ref.key, one.mark, one.person) for number, one in enumerate(records))


def _placed(persons: Iterable[Placed]) -> Iterable[tuple[Any, ...]]:
    return ((one.id, one.of_several, one.household_key, one.household, one.id_key) for one in persons)


def _of_former(former: Iterable[Former]) -> Iterable[tuple[Any, ...]]:
    return ((one.id, ref.source, ref.key, one.merged_into) for one in former for ref in one.refs)
