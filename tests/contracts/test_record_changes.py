"""What every `ClinicalRecord` promises of its changes (D7, D8); a promise, a test."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Changes, ClinicalRecord, MarkNotKnown, Write
from shared.kernel.clock import StoppedClock
from tests.support.fhir_people import a_patient, a_slot, an_hba1c

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
ALL = ("Patient", "Observation", "Slot")


class Kept(ClinicalRecord, Protocol):
    """A record that can also take in history."""

    def load(self, resources: list[dict[str, Any]]) -> int: ...


def embedded(folder: Path, clock: StoppedClock) -> SqliteRecord:
    return SqliteRecord(folder / "record.db", clock=clock)


ADAPTERS: list[Callable[[Path, StoppedClock], ClinicalRecord]] = [embedded]


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(NOON)


@pytest.fixture(params=ADAPTERS)
def record(request: pytest.FixtureRequest, tmp_path: Path, clock: StoppedClock) -> Iterator[Kept]:
    record = request.param(tmp_path, clock)
    yield record
    record.close()


def put(record: ClinicalRecord, *resources: dict[str, Any]) -> None:
    record.transaction([Write("PUT", one["resourceType"], one["id"], one) for one in resources])


def delete(record: ClinicalRecord, type_: str, id_: str) -> None:
    record.transaction([Write("DELETE", type_, id_)])


def all_changes(record: ClinicalRecord, after: str | None = None, *, limit: int = 1000) -> list[Changes]:
    pages = [record.changes(after, types=ALL, limit=limit)]
    while not pages[-1].is_all:
        pages.append(record.changes(pages[-1].mark, types=ALL, limit=limit))
    return pages


def ids(*pages: Changes) -> list[str]:
    return [resource["id"] for page in pages for resource in page.resources]


@pytest.fixture
def numbered(tmp_path: Path, clock: StoppedClock) -> Iterator[Kept]:
    """Give the embedded record, which numbers its changes and knows which of them were imported."""
    record = embedded(tmp_path, clock)
    yield record
    record.close()


class TestChangesThatAreNumbered:
    def test_name_what_nothing_but_an_import_has_changed(self, numbered: Kept) -> None:
        numbered.load([a_patient(), a_slot()])
        put(numbered, an_hba1c(), a_slot(status="busy"))
        mark = numbered.changes(None, types=ALL, limit=2).mark
        numbered.load([a_patient(gender="other")])

        first = numbered.changes(None, types=ALL, limit=2)
        rest = numbered.changes(mark, types=ALL)

        assert first.imported == {("Patient", "maria"), ("Slot", "nine")}
        assert (ids(rest), rest.imported) == (["hba1c", "nine", "maria"], {("Patient", "maria")})
        assert numbered.changes(None, types=ALL).imported == {("Patient", "maria")}

    def test_of_no_types_are_where_the_record_ends(self, numbered: Kept) -> None:
        put(numbered, a_patient())

        end = numbered.changes(None, types=(), limit=1_000_000)

        assert (end.resources, end.gone, end.is_all) == ((), (), True)
        put(numbered, an_hba1c())
        assert ids(numbered.changes(end.mark, types=ALL)) == ["hba1c"]


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
        record.load([an_hba1c(), a_patient(active=False, meta={"lastUpdated": "2026-03-04T12:00:00Z"})])

        assert ids(record.changes(mark, types=ALL)) == ["hba1c", "maria"]

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
        self, record: Kept, tmp_path: Path, clock: StoppedClock
    ) -> None:
        (tmp_path / "other").mkdir()
        other = SqliteRecord(tmp_path / "other" / "record.db", clock=clock)
        mark = other.changes(None, types=ALL).mark
        other.close()

        with pytest.raises(MarkNotKnown):
            record.changes(mark, types=ALL)

    @given(
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("put", "delete", "read"))), max_size=25)
    )
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
    def test_followed_in_pages_leave_what_is_there(
        self, tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, str]]
    ) -> None:
        record = embedded(tmp_path_factory.mktemp("record"), StoppedClock(NOON))
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
        record.close()

        assert followed == there


def test_a_file_from_before_changes_were_numbered_gives_all_it_holds(
    tmp_path: Path, clock: StoppedClock
) -> None:
    before = embedded(tmp_path, clock)
    put(before, a_patient())
    before._file.write(lambda connection: connection.execute("DELETE FROM change"))  # pyright: ignore[reportPrivateUsage]  # as an older version left it
    before.close()

    after = embedded(tmp_path, clock)

    assert ids(after.changes(None, types=ALL)) == ["maria"]
    after.close()
