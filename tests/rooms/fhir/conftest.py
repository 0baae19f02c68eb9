"""An embedded record at noon."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.clock import StoppedClock


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(datetime(2026, 3, 3, 12, tzinfo=UTC))


@pytest.fixture
def record(tmp_path: Path, clock: StoppedClock) -> Iterator[SqliteRecord]:
    record = SqliteRecord(tmp_path / "record.db", clock=clock, home="http://localhost:7071/fhir")
    yield record
    record.close()
