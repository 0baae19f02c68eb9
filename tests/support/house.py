"""A whole embedded house for tests: the adapters that ship, in a folder, at an awkward moment."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_change_feed import SqliteChangeFeed
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.adapters.sqlite_queues import SqliteQueues
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Index
from shared.wiring.queues import SESSION_QUEUES

A_MINUTE_BEFORE_SUMMER_TIME = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
"""In Stockholm the next minute is 03:00."""


@dataclass(frozen=True, slots=True)
class House:
    """What a room's use cases are given, with a clock that stands until a test moves it."""

    documents: SqliteDocuments
    queues: SqliteQueues
    change_feed: SqliteChangeFeed
    clock: StoppedClock
    file: SqliteFile


def build_house(
    folder: Path,
    *,
    indexes: Sequence[Index] = (),
    clock: StoppedClock | None = None,
    session_queues: frozenset[str] = SESSION_QUEUES,
) -> House:
    """Build it, or find again what an earlier one left in the folder. Whoever builds closes `file`."""
    clock = clock or StoppedClock(A_MINUTE_BEFORE_SUMMER_TIME)
    file = SqliteFile(folder / "house.db")
    return House(
        SqliteDocuments(file, clock=clock, indexes=indexes),
        SqliteQueues(file, clock=clock, session_queues=session_queues),
        SqliteChangeFeed(file),
        clock,
        file,
    )


@contextmanager
def a_house(
    folder: Path,
    indexes: Sequence[Index] = (),
    *,
    clock: StoppedClock | None = None,
    session_queues: frozenset[str] = SESSION_QUEUES,
) -> Generator[House]:
    """Build a house and close it: `with a_house(tmp_path, indexes=(DUE,)) as house:`."""
    house = build_house(folder, indexes=indexes, clock=clock, session_queues=session_queues)
    try:
        yield house
    finally:
        house.file.close()
