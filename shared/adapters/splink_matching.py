"""Finding alike records with Splink's deterministic linking and clustering over DuckDB, in this process."""

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
from shared.matching.ports import FoundPair, Linked, LinkEngine
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


class SplinkMatching(LinkEngine):
    """Compiles each step to a blocking rule: only records that are alike in its exact conditions meet.

    What memory does not hold is spilled into `folder`, which holds personal data for as long as that lasts.
    """

    def __init__(self, folder: Path, *, memory: str = "1GB") -> None:
        self._folder = folder
        self._memory = memory

    def link(
        self, plan: Plan, records: Iterable[Prepared], *, also: Sequence[tuple[int, int]], largest: int
    ) -> Linked:
        with self._duckdb() as duckdb:
            if not _loaded(duckdb, plan, records):
                return Linked((), (), ())
            pairs = _pairs(duckdb, plan)
            groups = _groups(duckdb, pairs, also)
            apart = _apart(duckdb, plan, [group for group in groups if len(group) <= largest])
            return Linked(pairs, groups, apart)

    @contextmanager
    def _duckdb(self) -> Generator["DuckDBPyConnection"]:
        import duckdb  # noqa: PLC0415  # with Splink a third of a second that only matching costs

        self._folder.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(":memory:", config={**_CONFIG, "memory_limit": self._memory}) as connection:
            spilled = str(self._folder).replace("'", "''")
            connection.execute("SET enable_progress_bar = false")
            connection.execute(f"SET temp_directory = '{spilled}'")
            try:
                yield connection
            except duckdb.IOException as fault:  # a full disk
                raise TransientFault(type(fault).__name__) from None


def _loaded(duckdb: "DuckDBPyConnection", plan: Plan, records: Iterable[Prepared]) -> int:
    """Put the records into a table, column by column; give how many they are."""
    names = [name for place in range(len(plan.spellings)) for name in (f"c{place}", f"a{place}")]
    declared = "".join(f", {name} VARCHAR" for name in names)
    duckdb.execute(f"CREATE TABLE loaded (unique_id BIGINT, source INTEGER{declared})")
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
        duckdb.register("batch", _arrow(columns))
        duckdb.execute("INSERT INTO loaded SELECT * FROM batch")
        duckdb.unregister("batch")
    slips = {test.spelling for step in plan.exceptions for test in step.tests if test.unless_slip}
    known = "".join(f", count(*) OVER (PARTITION BY c{place}) AS n{place}" for place in sorted(slips))
    duckdb.execute(f"CREATE TABLE records AS SELECT *{known} FROM loaded")  # noqa: S608  # our own names
    duckdb.execute("DROP TABLE loaded")
    return count


def _splink(duckdb: "DuckDBPyConnection") -> Any:
    """Let Splink work in this connection; its own types are not all known to the checker."""
    api = import_module("splink.backends.duckdb").DuckDBAPI(duckdb)
    logging.getLogger("splink").setLevel(logging.WARNING)  # of its progress nobody asked
    return api


def _arrow(columns: Mapping[str, Sequence[Any]]) -> Any:
    """Give columns as DuckDB reads them fastest; Splink brings the library."""
    arrow: Any = import_module("pyarrow")
    return arrow.table(columns)


def _latin(value: str | None) -> str | None:
    return value if value is not None and value.isascii() else None


def _pairs(duckdb: "DuckDBPyConnection", plan: Plan) -> Sequence[FoundPair]:
    from splink import Linker, SettingsCreator  # noqa: PLC0415  # as above
    from splink.blocking_rule_library import CustomRule  # noqa: PLC0415  # as above

    if not plan.steps:
        return ()
    registered = _splink(duckdb).register("records", dataset_display_name="records")
    rules: list[Any] = [CustomRule(pair_sql(step, plan.sources), sql_dialect="duckdb") for step in plan.steps]
    settings = SettingsCreator(link_type="dedupe_only", blocking_rules_to_generate_predictions=rules)
    linker = Linker(registered, settings, log_level=None, validate_settings=False)
    found = linker.inference.deterministic_link()
    rows = duckdb.execute(
        f"SELECT least(unique_id_l, unique_id_r) AS one, greatest(unique_id_l, unique_id_r) AS other,"  # noqa: S608  # Splink's own name
        f" min(CAST(match_key AS INTEGER)) FROM {found.physical_name} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    duckdb.execute(f"DROP TABLE {found.physical_name}")
    return [FoundPair(left, right, step) for left, right, step in rows]


def _groups(
    duckdb: "DuckDBPyConnection", pairs: Sequence[FoundPair], also: Sequence[tuple[int, int]]
) -> Sequence[Sequence[int]]:
    edges = [*((pair.left, pair.right) for pair in pairs), *also]
    if not edges:
        return ()
    lefts, rights = ([edge[side] for edge in edges] for side in (0, 1))
    duckdb.register("given", _arrow({"unique_id_l": lefts, "unique_id_r": rights}))
    duckdb.execute("CREATE TABLE linked_pairs AS SELECT * FROM given")
    duckdb.execute(
        "CREATE TABLE linked_records AS SELECT DISTINCT unnest([unique_id_l, unique_id_r]) AS unique_id"
        " FROM linked_pairs"
    )
    duckdb.unregister("given")
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


def _apart(
    duckdb: "DuckDBPyConnection", plan: Plan, groups: Sequence[Sequence[int]]
) -> Sequence[tuple[int, int]]:

    if not plan.exceptions or not groups:
        return ()
    placed = list(_placed(groups))
    columns = {"unique_id": [number for number, _ in placed], "person": [group for _, group in placed]}
    duckdb.register("placed", _arrow(columns))
    duckdb.execute(
        "CREATE TABLE together AS SELECT r.*, p.person FROM records r JOIN placed p USING (unique_id)"
    )
    duckdb.unregister("placed")
    either = " OR ".join(f"({apart_sql(step)})" for step in plan.exceptions)
    return duckdb.execute(
        "SELECT l.unique_id, r.unique_id FROM together l JOIN together r"  # noqa: S608  # our own names
        f" ON l.person = r.person AND l.unique_id < r.unique_id WHERE {either} ORDER BY ALL"
    ).fetchall()


def _placed(groups: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    return ((number, place) for place, group in enumerate(groups) for number in group)
