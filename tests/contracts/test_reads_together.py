"""Reads that are asked for at the same time go together, and each is answered as if it had been alone."""

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from shared.adapters.reads_together import ReadsTogether
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Found, Resource, Write
from shared.kernel.clock import StoppedClock
from shared.kernel.refusals import Gone, NotFound, Throttled

SECONDS = 20.0


class Doorkeeper(SqliteRecord):
    """The embedded record, whose next read waits at a door, and which notes what it was asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, clock=StoppedClock(datetime(2026, 3, 29, 0, 59, tzinfo=UTC)))
        self.one_by_one: list[str] = []
        self.batches: list[list[str]] = []
        self.refuses_batches = False
        self.is_asked = threading.Event()
        self.door = threading.Event()

    def read(self, type: str, id: str) -> Resource:  # noqa: A002  # FHIR's own words
        self.one_by_one.append(id)
        self.is_asked.set()
        assert self.door.wait(SECONDS)
        return super().read(type, id)

    def read_many(self, references: Sequence[tuple[str, str]]) -> Found:
        self.batches.append([id_ for _, id_ in references])
        if self.refuses_batches:
            raise Throttled
        return super().read_many(references)


class Crowd:
    """Threads that read: one at the door, and those who come while it waits."""

    def __init__(self, record: Doorkeeper) -> None:
        self.record = record
        self.reads = ReadsTogether(record, side_by_side=1)
        self.threads = ThreadPoolExecutor(16)

    def comes(self, *ids: str) -> list["Future[Resource]"]:
        """Have each of them asked for, one after the other, and wait until all have asked."""
        asked: list[Future[Resource]] = []
        for id_ in ids:
            before, is_first = self.reads.waiting, not self.record.is_asked.is_set()
            asked.append(self.threads.submit(self.reads.read, "Patient", id_))
            _until(partial(self._has_come, before, is_first=is_first))
        return asked

    def _has_come(self, before: int, *, is_first: bool) -> bool:
        return self.record.is_asked.is_set() if is_first else self.reads.waiting > before


def _until(holds: Callable[[], bool]) -> None:
    again = threading.Event()
    for _ in range(int(SECONDS / 0.005)):
        if holds():
            return
        again.wait(0.005)
    raise TimeoutError


@pytest.fixture
def record(tmp_path: Path) -> Generator[Doorkeeper]:
    with closing(Doorkeeper(tmp_path / "record.db")) as record:
        for name in ("ada", "bo", "cleo", "gone"):
            record.transaction([Write("PUT", "Patient", name, _patient(name, "O'Neill"))])
        record.transaction([Write("DELETE", "Patient", "gone")])
        yield record
        record.door.set()


def _patient(name: str, family: str) -> Resource:
    return {"resourceType": "Patient", "id": name, "name": [{"family": family}]}


@pytest.fixture
def crowd(record: Doorkeeper) -> Generator[Crowd]:
    crowd = Crowd(record)
    with crowd.threads:
        yield crowd
        record.door.set()


class TestReadsTogether:
    def test_read_alone_whoever_is_alone(self, record: Doorkeeper) -> None:
        record.door.set()

        read = ReadsTogether(record).read("Patient", "ada")

        assert (read["id"], record.one_by_one, record.batches) == ("ada", ["ada"], [])

    def test_read_together_who_came_meanwhile(self, crowd: Crowd, record: Doorkeeper) -> None:
        (first,) = crowd.comes("ada")
        others = crowd.comes("bo", "cleo", "ada")

        record.door.set()

        assert first.result(SECONDS)["id"] == "ada"
        assert [one.result(SECONDS)["id"] for one in others] == ["bo", "cleo", "ada"]
        assert (record.one_by_one, record.batches) == (["ada"], [["bo", "cleo", "ada"]])

    def test_refuse_each_as_if_it_were_alone(self, crowd: Crowd, record: Doorkeeper) -> None:
        crowd.comes("ada")
        gone, nobody, bo = crowd.comes("gone", "nobody", "bo")

        record.door.set()

        with pytest.raises(Gone):
            gone.result(SECONDS)
        with pytest.raises(NotFound):
            nobody.result(SECONDS)
        assert bo.result(SECONDS)["id"] == "bo"

    def test_read_each_alone_where_a_batch_fails(self, crowd: Crowd, record: Doorkeeper) -> None:
        record.refuses_batches = True
        crowd.comes("ada")
        others = crowd.comes("bo", "cleo")

        record.door.set()

        assert [one.result(SECONDS)["id"] for one in others] == ["bo", "cleo"]
        assert sorted(record.one_by_one) == ["ada", "bo", "cleo"]

    def test_never_give_what_was_read_before_it_was_asked_for(self, crowd: Crowd, record: Doorkeeper) -> None:
        crowd.comes("ada")
        record.transaction([Write("PUT", "Patient", "bo", _patient("bo", "van der Berg"))])
        bo, _ = crowd.comes("bo", "cleo")

        record.door.set()

        assert bo.result(SECONDS)["name"] == [{"family": "van der Berg"}]

    def test_give_each_a_copy_of_its_own(self, crowd: Crowd, record: Doorkeeper) -> None:
        crowd.comes("ada")
        one, other = crowd.comes("bo", "bo")

        record.door.set()
        one.result(SECONDS)["name"] = []

        assert other.result(SECONDS)["name"] == [{"family": "O'Neill"}]

    def test_go_on_after_a_crowd_and_after_a_refusal(self, crowd: Crowd, record: Doorkeeper) -> None:
        crowd.comes("nobody")
        others = crowd.comes("nobody", "gone", "bo")
        record.door.set()
        assert [one.exception(SECONDS) is None for one in others] == [False, False, True]

        assert crowd.reads.read("Patient", "ada")["id"] == "ada"
        assert len(record.batches) == 1
