"""Finding alike records with Splink's deterministic linking and clustering over DuckDB, in this process."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from shared.adapters.parquet_comparisons import begin
from shared.adapters.splink_tables import (
    all_pairs,
    apart_in,
    declare_records,
    duckdb_in,
    fill_records,
    groups_of,
    told,
)
from shared.matching.comparing import Plan, Prepared
from shared.matching.ports import Linked, LinkEngine


class SplinkMatching(LinkEngine):
    """Compiles each step to a blocking rule: only records that are alike in its exact conditions meet.

    What memory does not hold is spilled into `folder`, and what is to be kept for the next run lies in
    `compared` within it: personal data.
    """

    def __init__(self, folder: Path, *, memory: str = "1GB") -> None:
        self._folder = folder
        self._memory = memory

    def link(
        self,
        plan: Plan,
        records: Iterable[Prepared],
        *,
        also: Sequence[tuple[int, int]],
        largest: int,
        keep_as: str | None = None,
    ) -> Linked:
        with duckdb_in(self._folder, self._memory) as duckdb:
            declare_records(duckdb, plan)
            fill_records(duckdb, plan, records)
            all_pairs(duckdb, plan)
            if keep_as is not None:
                begin(duckdb, self._folder, keep_as)
            pairs = told(duckdb)
            groups = groups_of(duckdb, pairs, also)
            apart = apart_in(duckdb, plan, [group for group in groups if len(group) <= largest])
            return Linked(pairs, groups, apart)
