"""What every `ClinicalRecord` promises of its changes (D7, D8); a promise, a test."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Changes, ClinicalRecord, MarkNotKnown, Write
from shared.kernel.clock import StoppedClock
from tests.support.fhir_people import a_patient, a_slot, an_hba1c
from tests.support.rest_record import a_rest_house

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
ALL = ("Patient", "Observation", "Slot")


@dataclass(frozen=True, slots=True)
class Kept:
    """A record, and the embedded one that it is or asks: it can also take in history."""

    record: ClinicalRecord
    embedded: SqliteRecord

    def changes(self, after: str | None, *, types: tuple[str, ...], limit: int = 1000) -> Changes:
        return self.record.changes(after, types=types, limit=limit)


@contextmanager
def embedded(folder: Path, clock: StoppedClock) -> Generator[Kept]:
    with closing(SqliteRecord(folder / "record.db", clock=clock)) as record:
        yield Kept(record, record)


@contextmanager
def rest(folder: Path, clock: StoppedClock) -> Generator[Kept]:
    with a_rest_house(folder, clock) as house:
        yield Kept(house.record, house.server.record)


Adapter = Callable[[Path, StoppedClock], AbstractContextManager[Kept]]
ADAPTERS: list[Adapter] = [embedded, rest]


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(NOON)


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest) -> Adapter:
    return request.param


@pytest.fixture
def record(adapter: Adapter, tmp_path: Path, clock: StoppedClock) -> Iterator[Kept]:
    with adapter(tmp_path, clock) as record:
        yield record


def put(kept: Kept, *resources: dict[str, Any]) -> None:
    kept.record.transaction([Write("PUT", one["resourceType"], one["id"], one) for one in resources])


def delete(kept: Kept, type_: str, id_: str) -> None:
    kept.record.transaction([Write("DELETE", type_, id_)])


def all_changes(record: Kept, after: str | None = None, *, limit: int = 1000) -> list[Changes]:
    pages = [record.changes(after, types=ALL, limit=limit)]
    while not pages[-1].is_all:
        pages.append(record.changes(pages[-1].mark, types=ALL, limit=limit))
    return pages


def ids(*pages: Changes) -> list[str]:
    return [resource["id"] for page in pages for resource in page.resources]


class TestChanges:
    def test_from_the_beginning_are_all_there_is(self, record: Kept) -> None:
        put(record, a_patient())
        put(record, an_hba1c())

        changes = record.changes(None, types=ALL)

        assert ids(changes) == ["maria", "hba1c"]
        assert changes.is_all

    def test_come_once_to_who_goes_on_from_the_mark(self, record: Kept) -> None:
        put(record, a_patient())
        mark = record.changes(None, types=ALL).mark
        put(record, an_hba1c())

        assert ids(record.changes(mark, types=ALL)) == ["hba1c"]
        assert ids(record.changes(record.changes(mark, types=ALL).mark, types=ALL)) == []

    def test_give_each_resource_as_it_is_now(self, record: Kept) -> None:
        put(record, a_patient())
        put(record, a_patient(active=False))

        (now,) = record.changes(None, types=ALL).resources

        assert now["active"] is False

    def test_tell_what_is_gone(self, record: Kept) -> None:
        put(record, a_patient(), an_hba1c())
        mark = record.changes(None, types=ALL).mark
        delete(record, "Observation", "hba1c")

        changes = record.changes(mark, types=ALL)

        assert changes.gone == (("Observation", "hba1c"),)
        assert changes.resources == ()

    def test_of_what_came_back_tell_that_it_is_there(self, record: Kept) -> None:
        put(record, a_patient())
        delete(record, "Patient", "maria")
        put(record, a_patient())

        changes = record.changes(None, types=ALL)

        assert (ids(changes), changes.gone) == (["maria"], ())

    def test_of_other_types_are_passed_over(self, record: Kept) -> None:
        put(record, a_patient(), a_slot())

        changes = record.changes(None, types=("Slot",))

        assert ids(changes) == ["nine"]

    def test_include_what_was_imported(self, record: Kept) -> None:
        put(record, a_patient())
        mark = record.changes(None, types=ALL).mark
        record.embedded.load(
            [an_hba1c(), a_patient(active=False, meta={"lastUpdated": "2026-03-04T12:00:00Z"})]
        )

        assert sorted(ids(record.changes(mark, types=ALL))) == ["hba1c", "maria"]

    @pytest.mark.parametrize("adapter", [embedded])  # over REST there is nothing to tell history by
    def test_name_what_nothing_but_an_import_has_changed(self, record: Kept) -> None:
        record.embedded.load([a_patient(), a_slot()])
        put(record, an_hba1c(), a_slot(status="busy"))
        mark = record.changes(None, types=ALL, limit=2).mark
        record.embedded.load([a_patient(gender="other")])

        first = record.changes(None, types=ALL, limit=2)
        rest = record.changes(mark, types=ALL)

        assert first.imported == {("Patient", "maria"), ("Slot", "nine")}
        assert (ids(rest), rest.imported) == (["hba1c", "nine", "maria"], {("Patient", "maria")})
        assert record.changes(None, types=ALL).imported == {("Patient", "maria")}

    def test_may_be_followed_from_now_on(self, record: Kept) -> None:
        put(record, a_patient(), a_slot())
        delete(record, "Slot", "nine")

        mark = record.record.mark_now(ALL)

        assert ids(record.changes(mark, types=ALL)) == []
        put(record, an_hba1c(), a_patient(active=False))
        assert sorted(ids(record.changes(mark, types=ALL))) == ["hba1c", "maria"]

    @pytest.mark.parametrize("adapter", [embedded])  # over REST they are: times are all there is to go by
    def test_are_not_lost_when_time_is_moved_back(self, record: Kept, clock: StoppedClock) -> None:
        clock.pass_by(timedelta(days=400))
        put(record, a_patient())
        mark = record.changes(None, types=ALL).mark
        clock.pass_by(timedelta(days=-800))
        put(record, an_hba1c())
        delete(record, "Patient", "maria")

        changes = record.changes(mark, types=ALL)

        assert (ids(changes), changes.gone) == (["hba1c"], (("Patient", "maria"),))

    def test_come_in_pages(self, record: Kept) -> None:
        for number in range(5):
            put(record, a_slot(id=f"slot-{number}"))

        pages = all_changes(record, limit=2)

        assert [ids(page) for page in pages] == [["slot-0", "slot-1"], ["slot-2", "slot-3"], ["slot-4"]]

    def test_after_a_mark_of_another_record_are_refused(
        self, record: Kept, adapter: Adapter, tmp_path: Path, clock: StoppedClock
    ) -> None:
        (tmp_path / "other").mkdir()
        with adapter(tmp_path / "other", clock) as other:
            mark = other.changes(None, types=ALL).mark

        with pytest.raises(MarkNotKnown):
            record.changes(mark, types=ALL)

    @given(
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("put", "delete", "read"))), max_size=25)
    )
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
    def test_followed_in_pages_leave_what_is_there(
        self, tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, str]]
    ) -> None:
        folder = tmp_path_factory.mktemp("record")
        with embedded(folder, StoppedClock(NOON)) as record:
            followed, there = self._followed(record, acts)

        assert followed == there

    def _followed(self, record: Kept, acts: list[tuple[str, str]]) -> tuple[set[str], set[str]]:
        followed: set[str] = set()
        there: set[str] = set()
        mark: str | None = None
        for number, (name, act) in enumerate([*acts, ("a", "read")]):
            if act == "put":
                put(record, a_slot(name, start=f"2026-04-01T09:00:{number:02}Z"))
                there.add(name)
            elif act == "delete":
                delete(record, "Slot", name)
                there.discard(name)
            else:
                for page in all_changes(record, mark, limit=3):
                    followed = (followed | set(ids(page))) - {id_ for _, id_ in page.gone}
                    mark = page.mark
        return followed, there


def test_a_file_from_before_changes_were_numbered_gives_all_it_holds(
    tmp_path: Path, clock: StoppedClock
) -> None:
    with embedded(tmp_path, clock) as before:
        put(before, a_patient())
        before.embedded._file.write(lambda connection: connection.execute("DELETE FROM change"))  # pyright: ignore[reportPrivateUsage]  # as an older version left it

    with embedded(tmp_path, clock) as after:
        assert ids(after.changes(None, types=ALL)) == ["maria"]
