"""Fills the lake from the record, for whoever waits at the terminal."""

from collections.abc import Mapping
from pathlib import Path

from local.progress import Progress
from shared.adapters.parquet_lake import ParquetLake
from shared.fhir.ports import ClinicalRecord
from shared.kernel.clock import Clock
from shared.segments.bring_lake_up_to_date import TYPES, BringLakeUpToDate


def fill_lake(
    record: ClinicalRecord, folder: Path, *, clock: Clock, held: Mapping[str, int], progress: Progress
) -> None:
    """Let the lake in the data folder follow the record to its end; `held` is about what is to be written."""
    expected = max(1, sum(count for kind, count in held.items() if kind in TYPES))
    follow = BringLakeUpToDate(record, ParquetLake(folder / "lake"))
    written = follow(now=clock.now(), told=lambda done: progress.at(done, min(1.0, done / expected)))
    progress.finish(written)
