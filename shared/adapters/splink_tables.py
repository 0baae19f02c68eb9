"""The tables that records are compared in, in one DuckDB of this process, and what Splink makes of them."""

import logging
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.kernel.refusals import TransientFault
from shared.matching.comparing import Plan, Prepared
from shared.matching.ports import FoundPair
from shared.matching.rules_in_sql import apart_sql, pair_sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": "2",
    "preserve_insertion_order": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
_AT_ONCE = 20_000


@contextmanager
def duckdb_in(folder: Path, memory: str) -> Generator["DuckDBPyConnection"]:
    """Open one that spills what memory does not hold into the folder."""
    import duckdb  # noqa: PLC0415  # with Splink a third of a second that only matching costs

    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(":memory:", config={**_CONFIG, "memory_limit": memory}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET temp_directory = {quoted(folder)}")
        try:
            yield connection
        except duckdb.IOException as fault:  # a full disk
            raise TransientFault(type(fault).__name__) from None


def quoted(path: Path) -> str:
    """Spell a path as SQL does text."""
    return "'" + str(path).replace("'", "''") + "'"


def value_names(plan: Plan) -> list[str]:
    """Name the columns of values: as they are, and where all their letters are Latin."""
    return [name for place in range(len(plan.spellings)) for name in (f"c{place}", f"a{place}")]


def declare_records(duckdb: "DuckDBPyConnection", plan: Plan) -> None:
    """Make the empty table `records`."""
    declared = "".join(f", {name} VARCHAR" for name in value_names(plan))
    duckdb.execute(f"CREATE TABLE records (unique_id BIGINT, source INTEGER{declared})")


def fill_records(duckdb: "DuckDBPyConnection", plan: Plan, records: Iterable[Prepared]) -> int:
    """Put more records into the table, column by column; give how many they are."""
    count = 0
    remaining = iter(records)
    while batch := list(islice(remaining, _AT_ONCE)):
        count += len(batch)
        columns: dict[str, list[int] | list[str | None]] = {
            "unique_id": [one.number for one in batch],
            "source": [one.source for one in batch],
        }
        for place in range(len(plan.spellings)):
            values = [one.values[place] for one in batch]
            columns[f"c{place}"] = values
            columns[f"a{place}"] = [_latin(value) for value in values]
        duckdb.register("batch", arrow(columns))
        duckdb.execute("INSERT INTO records SELECT * FROM batch")
        duckdb.unregister("batch")
    return count


def fill(
    duckdb: "DuckDBPyConnection",
    table: str,
    columns: Mapping[str, str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    """Make a table anew of rows; it may be empty."""
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    duckdb.execute(f"CREATE OR REPLACE TABLE {table} ({declared})")
    remaining = iter(rows)
    while batch := list(islice(remaining, _AT_ONCE)):
        duckdb.register("batch", arrow(dict(zip(columns, zip(*batch, strict=True), strict=True))))
        duckdb.execute(f"INSERT INTO {table} SELECT * FROM batch")  # noqa: S608  # our own names
        duckdb.unregister("batch")


def arrow(columns: Mapping[str, Sequence[Any]]) -> Any:
    """Give columns as DuckDB reads them fastest; Splink brings the library."""
    pyarrow: Any = import_module("pyarrow")
    return pyarrow.table({name: list(values) for name, values in columns.items()})


def _latin(value: str | None) -> str | None:
    return value if value is not None and value.isascii() else None


def _splink(duckdb: "DuckDBPyConnection") -> Any:
    """Let Splink work in this connection; its own types are not all known to the checker."""
    api = import_module("splink.backends.duckdb").DuckDBAPI(duckdb)
    logging.getLogger("splink").setLevel(logging.WARNING)  # of its progress nobody asked
    return api


def all_pairs(duckdb: "DuckDBPyConnection", plan: Plan) -> None:
    """Compare all records with all, and put what is alike into the table `pairs`."""
    from splink import Linker, SettingsCreator  # noqa: PLC0415  # loaded by the first run, never with the app
    from splink.blocking_rule_library import CustomRule  # noqa: PLC0415  # as above

    if not plan.steps:
        no_pairs(duckdb)
        return
    registered = _splink(duckdb).register("records", dataset_display_name="records")
    rules: list[Any] = [CustomRule(pair_sql(step, plan.sources), sql_dialect="duckdb") for step in plan.steps]
    settings = SettingsCreator(link_type="dedupe_only", blocking_rules_to_generate_predictions=rules)
    linker = Linker(registered, settings, log_level=None, validate_settings=False)
    found = linker.inference.deterministic_link()
    duckdb.execute(
        "CREATE TABLE pairs AS SELECT least(unique_id_l, unique_id_r) AS one,"  # noqa: S608  # Splink's own name
        " greatest(unique_id_l, unique_id_r) AS other, min(CAST(match_key AS INTEGER)) AS step"
        f" FROM {found.physical_name} GROUP BY ALL"
    )
    duckdb.execute(f"DROP TABLE {found.physical_name}")


def no_pairs(duckdb: "DuckDBPyConnection") -> None:
    """Make the empty table `pairs`."""
    duckdb.execute("CREATE TABLE pairs (one BIGINT, other BIGINT, step INTEGER)")


def told(duckdb: "DuckDBPyConnection", which: str = "true") -> Sequence[FoundPair]:
    """Give pairs of the table, in order."""
    rows = duckdb.execute(f"SELECT one, other, step FROM pairs WHERE {which} ORDER BY ALL").fetchall()  # noqa: S608  # our own words
    return [FoundPair(left, right, step) for left, right, step in rows]


def groups_of(
    duckdb: "DuckDBPyConnection", pairs: Sequence[FoundPair], also: Sequence[tuple[int, int]]
) -> Sequence[Sequence[int]]:
    """Let Splink find what hangs together."""
    edges = [*((pair.left, pair.right) for pair in pairs), *also]
    if not edges:
        return ()
    fill(duckdb, "linked_pairs", {"unique_id_l": "BIGINT", "unique_id_r": "BIGINT"}, edges)
    duckdb.execute(
        "CREATE OR REPLACE TABLE linked_records AS"
        " SELECT DISTINCT unnest([unique_id_l, unique_id_r]) AS unique_id FROM linked_pairs"
    )
    api = _splink(duckdb)
    clustered = import_module("splink.clustering").cluster_pairwise_predictions_at_threshold(
        api.register("linked_records"), api.register("linked_pairs"), api, node_id_column_name="unique_id"
    )
    rows = duckdb.execute(
        f"SELECT cluster_id, unique_id FROM {clustered.physical_name} ORDER BY ALL"  # noqa: S608  # Splink's own name
    ).fetchall()
    groups: dict[int, list[int]] = defaultdict(list)
    for cluster, number in rows:
        groups[cluster].append(number)
    return sorted(groups.values())


def apart_in(
    duckdb: "DuckDBPyConnection", plan: Plan, groups: Sequence[Sequence[int]]
) -> Sequence[tuple[int, int]]:
    """Give the pairs within groups that an exception keeps apart; values are counted among all records."""
    if not plan.exceptions or not groups:
        return ()
    fill(duckdb, "placed", {"unique_id": "BIGINT", "person": "BIGINT"}, _placed(groups))
    places = slips(plan)
    counted = "".join(f", k{place}.n AS n{place}" for place in places)
    counting = "".join(
        f" LEFT JOIN (SELECT c{place}, count(*) AS n FROM records GROUP BY ALL) k{place} USING (c{place})"  # noqa: S608  # our own names
        for place in places
    )
    duckdb.execute(
        f"CREATE OR REPLACE TABLE together AS SELECT r.*, p.person{counted}"  # noqa: S608  # our own names
        f" FROM records r JOIN placed p USING (unique_id){counting}"
    )
    either = " OR ".join(f"({apart_sql(step)})" for step in plan.exceptions)
    return duckdb.execute(
        "SELECT l.unique_id, r.unique_id FROM together l JOIN together r"  # noqa: S608  # our own names
        f" ON l.person = r.person AND l.unique_id < r.unique_id WHERE {either} ORDER BY ALL"
    ).fetchall()


def slips(plan: Plan) -> Sequence[int]:
    """Name the spellings of which it counts how many records have a value."""
    return sorted({test.spelling for step in plan.exceptions for test in step.tests if test.unless_slip})


def _placed(groups: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    return ((number, place) for place, group in enumerate(groups) for number in group)
