"""How well records are put together when it is known whose they are."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.adapters.splink_matching import SplinkMatching
from shared.matching.comparing import SourceRecord
from shared.matching.definitions import MatchingDraft, Source
from shared.matching.model import RecordRef
from shared.matching.ports import RecordSources
from shared.matching.unifying import Unified, read_all, unified

MEMORY = "4GB"
"""What DuckDB may take here; in the product it has less, and spills sooner."""


@dataclass(frozen=True, slots=True)
class InMemory(RecordSources):
    """Sources whose records are there already."""

    by_source: Mapping[str, Sequence[SourceRecord]]

    def records(self, source: Source) -> Iterator[SourceRecord]:
        return iter(self.by_source[source.id])


@dataclass(frozen=True, slots=True)
class Measured:
    """Pairs of records: how many truly are one person's, how many were said to be, and how many rightly."""

    truly: int
    said: int
    rightly: int
    proposed: int
    seconds: float

    @property
    def precision(self) -> float:
        return self.rightly / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        return self.rightly / self.truly if self.truly else 1.0


def measured(draft: MatchingDraft, known: Iterable[tuple[int, SourceRecord]], folder: Path) -> Measured:
    """Match records by a draft, and compare with whose they are."""
    truth: dict[RecordRef, int] = {}
    by_source: dict[str, list[SourceRecord]] = {source.id: [] for source in draft.sources}
    for number, record in known:
        truth[record.ref] = number
        by_source[record.ref.source].append(record)
    started = time.perf_counter()
    outcome = unified(
        draft, {}, read_all(draft, InMemory(by_source)), engine=SplinkMatching(folder, memory=MEMORY)
    )
    said, rightly = _counted(outcome, truth)
    seconds = time.perf_counter() - started
    return Measured(_pairs(Counter(truth.values()).values()), said, rightly, len(outcome.proposals), seconds)


def _counted(outcome: Unified, truth: Mapping[RecordRef, int]) -> tuple[int, int]:
    said = rightly = 0
    for person in outcome.persons:
        said += _pairs([len(person.records)])
        rightly += _pairs(Counter(truth[record.ref] for record in person.records).values())
    return said, rightly


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)
