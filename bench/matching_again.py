"""What an incremental run costs beside a full one, over the embedded store (UN-1)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.known_truth import MEMORY, InMemory
from bench.made_up_people import World, draft, records
from shared.access.model import Caller
from shared.adapters.parquet_comparisons import ParquetComparisons
from shared.adapters.splink_matching import SplinkMatching
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.kernel.clock import StoppedClock
from shared.kernel.sensitive import Sensitive
from shared.matching.compare_all import CompareAll
from shared.matching.compare_changes import CompareChanges
from shared.matching.comparing import SourceRecord
from shared.matching.documents import Run, RunAsked, run_at
from shared.matching.keyed_ids import KeyedIds
from shared.matching.kinds_of_run import KindsOfRun
from shared.matching.put_matching import PutMatching
from shared.matching.run_matching import RunMatching
from shared.matching.start_matching_run import StartMatchingRun
from shared.patients.contact_keys import ContactKeys
from shared.wiring.indexes import INDEXES

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BENCH = Caller("bench", "house")
ONE_IN = 100


@dataclass(frozen=True, slots=True)
class Measured:
    """How long three runs took: the first, a full one and an incremental one after as many changes."""

    first: float
    full: float
    incremental: float
    compared: int
    looked_at: int

    @property
    def share(self) -> float:
        return self.incremental / self.full


def measured(count: int, folder: Path) -> Measured:
    """Run so many records; then change one in a hundred, run all, change one in a hundred, run what changed.

    Of those that change a third moves house, a third has another telephone, and a third is new.
    """
    rows = [record for _, record in records(count + 2 * count // ONE_IN, World("1"))]
    known, fresh = rows[:count], rows[count:]
    folder.mkdir(parents=True)
    file = SqliteFile(folder / "store.db")
    house = _House(SqliteDocuments(file, clock=StoppedClock(NOW), indexes=INDEXES), folder / "matching")
    PutMatching(house.documents)(draft(), matching_id="all", caller=BENCH, now=NOW, if_match=None)
    first, _ = house.timed(known, "first")
    half = len(fresh) // 2
    known = _changed(known, fresh[:half], 0)
    full, _ = house.timed(known, "second", full=True)
    known = _changed(known, fresh[half:], 1)
    incremental, run = house.timed(known, "third")
    file.close()
    return Measured(first, full, incremental, run.compared, run.looked_at)


class _House:
    def __init__(self, documents: SqliteDocuments, folder: Path) -> None:
        self.documents = documents
        self._folder = folder

    def timed(self, rows: Sequence[SourceRecord], named: str, *, full: bool = False) -> tuple[float, Run]:
        by_source: dict[str, list[SourceRecord]] = {source.id: [] for source in draft().sources}
        for record in rows:
            by_source[record.ref.source].append(record)
        keyed_ids = KeyedIds(ContactKeys(Sensitive(b"a key for the bench")))
        comparisons = ParquetComparisons(self._folder, memory=MEMORY)
        engine = SplinkMatching(self._folder, memory=MEMORY)
        act = RunMatching(
            self.documents,
            InMemory(by_source),
            comparisons,
            KindsOfRun(self.documents, comparisons, 30),
            CompareAll(self.documents, engine, comparisons, keyed_ids),
            CompareChanges(self.documents, keyed_ids),
        )
        start = StartMatchingRun(self.documents)
        start(RunAsked(full=full), matching_id="all", run_id=named, caller=BENCH, now=NOW)
        began = time.perf_counter()
        act(matching_id="all", run_id=named, now=NOW)
        return time.perf_counter() - began, run_at(self.documents, "all", named).body


def _changed(rows: Sequence[SourceRecord], fresh: Sequence[SourceRecord], nth: int) -> list[SourceRecord]:
    """Let two thirds of one in a hundred be otherwise, and as many new ones come as make it one in all."""
    changed = list(rows)
    for number in range(nth, len(rows), ONE_IN):
        match number // ONE_IN % 3:
            case 0:
                other = {"address": f"{number} New Street", "postcode": f"ZZ{number}"}
            case 1:
                other = {"phone": f"+4479{number:08d}"}
            case _:
                continue
        one = changed[number]
        changed[number] = SourceRecord(one.ref, {**one.values, **other}, one.updated)
    return [*changed, *fresh[: len(fresh) // 3]]
