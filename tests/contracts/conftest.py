"""The adapters that must keep the ports' promises, each in a house of its own."""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from shared.kernel.documents import Index
from tests.support.house import House, a_house

SESSION_QUEUES = frozenset({"journey-steps", "journey-starts"})
INDEXES = (
    Index("enrolment", "due_at"),
    Index("enrolment", "step.counter"),
    Index("enrolment", "note"),
    Index("announcement", "made_at"),
)


def _sqlite(folder: Path, indexes: Sequence[Index]) -> AbstractContextManager[House]:
    return a_house(folder, indexes, session_queues=SESSION_QUEUES)


ADAPTERS: dict[str, Callable[[Path, Sequence[Index]], AbstractContextManager[House]]] = {"sqlite": _sqlite}


@pytest.fixture(params=sorted(ADAPTERS))
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[House]:
    with ADAPTERS[request.param](tmp_path, INDEXES) as built:
        yield built
