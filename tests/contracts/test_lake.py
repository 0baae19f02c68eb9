"""What every `Lake` promises (D8a); a promise, a test."""

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from threading import Barrier

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.blob_lake import BlobLake
from shared.adapters.parquet_lake import MOST_FILES, ParquetLake
from shared.adapters.parquet_listing import KEPT
from shared.adapters.parquet_states import FolderShelf
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace
from shared.segments.facts import ComponentFacts, ProfileFacts, RecordFacts, gone
from shared.segments.ports import Lake, LakeState
from tests.support.azurite import Container

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
ADA, BOB = PatientId("ada"), PatientId("bob")
EVERYBODY = "SELECT patient_id FROM patient ORDER BY 1"
OBSERVED = "SELECT patient_id FROM observation ORDER BY 1"

ADAPTERS = ("in a folder", "in blobs")


@pytest.fixture(params=ADAPTERS)
def machines(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Callable[[], Lake]]:
    """Give another machine's way to the same lake at each call."""
    if request.param == "in a folder":
        yield lambda: ParquetLake(tmp_path / "Ada's lake")
        return
    container: Container = request.getfixturevalue("container")
    names = count()
    with container.client() as client:
        yield lambda: BlobLake(client, tmp_path / f"Ada's lake, fetched by {next(names)}")


@pytest.fixture
def lake(machines: Callable[[], Lake]) -> Lake:
    return machines()


def wrote(lake: Lake, *facts: ProfileFacts | RecordFacts, up_to: datetime | None = NOON) -> str:
    """Write, and give the new mark."""
    mark = lake.state().mark
    then = str(int(mark or 0) + 1)
    lake.write(facts, after=mark, state=LakeState(then, up_to))
    return then


def an_hba1c(record_id: str = "march", *, of: PatientId = ADA, value: float = 8.1) -> RecordFacts:
    return RecordFacts("Observation", record_id, of, codes=("http://loinc.org|4548-4",), value=value)


class TestState:
    def test_of_an_empty_lake_has_no_mark(self, lake: Lake) -> None:
        assert lake.state() == LakeState(None, None)

    def test_is_that_of_the_last_write(self, lake: Lake) -> None:
        wrote(lake, ProfileFacts(ADA), up_to=None)
        wrote(lake, ProfileFacts(BOB))

        assert lake.state() == LakeState("2", NOON)

    def test_goes_on_where_nothing_was_to_be_written(self, lake: Lake) -> None:
        wrote(lake)

        assert lake.state() == LakeState("1", NOON)


class TestPopulation:
    def test_of_an_empty_lake_is_nobody(self, lake: Lake) -> None:
        assert list(lake.population(EVERYBODY, as_of=NOON)) == []

    def test_sees_the_latest_facts_of_a_record(self, lake: Lake) -> None:
        wrote(lake, an_hba1c(value=8.1))
        wrote(lake, an_hba1c(value=6.4))

        assert list(lake.population(f"{OBSERVED[:-11]} WHERE value > 7", as_of=NOON)) == []
        assert list(lake.population(OBSERVED, as_of=NOON)) == [ADA]

    def test_does_not_see_what_is_gone(self, lake: Lake) -> None:
        wrote(lake, an_hba1c(), ProfileFacts(ADA), ProfileFacts(BOB))
        wrote(lake, gone("Observation", "march", PatientId(""), 2), ProfileFacts(BOB, deleted=True))

        assert list(lake.population(OBSERVED, as_of=NOON)) == []
        assert list(lake.population(EVERYBODY, as_of=NOON)) == [ADA]

    def test_sees_what_has_come_back(self, lake: Lake) -> None:
        wrote(lake, ProfileFacts(ADA))
        wrote(lake, ProfileFacts(ADA, deleted=True))
        wrote(lake, ProfileFacts(ADA))

        assert list(lake.population(EVERYBODY, as_of=NOON)) == [ADA]

    def test_sees_a_record_of_several_patients_and_who_no_longer_is_among_them(self, lake: Lake) -> None:
        wrote(
            lake,
            RecordFacts("Appointment", "group", ADA),
            RecordFacts("Appointment", "group", BOB),
        )
        both = list(lake.population("SELECT patient_id FROM appointment ORDER BY 1", as_of=NOON))
        wrote(lake, RecordFacts("Appointment", "group", BOB))
        one = list(lake.population("SELECT patient_id FROM appointment ORDER BY 1", as_of=NOON))

        assert (both, one) == ([ADA, BOB], [BOB])

    def test_is_asked_as_of_a_moment(self, lake: Lake) -> None:
        wrote(lake, RecordFacts("Encounter", "visit", ADA, starts_at=NOON))
        asked = "SELECT patient_id FROM encounter WHERE starts_at <= $as_of"

        assert list(lake.population(asked, as_of=NOON)) == [ADA]
        assert list(lake.population(asked, as_of=NOON.replace(hour=11))) == []

    def test_sees_every_column_as_it_was_written(self, lake: Lake) -> None:
        components = (ComponentFacts(("http://loinc.org|8480-6",), 141.0, "mm[Hg]"),)
        wrote(
            lake,
            ProfileFacts(ADA, birth_date=date(1960, 2, 29), birth_month_day=229, city="L'Aquila"),
            RecordFacts("Observation", "bp", ADA, components=components),
        )
        asked = (
            "SELECT p.patient_id FROM patient p JOIN observation o ON o.patient_id = p.patient_id"
            " WHERE p.birth_date = DATE '1960-02-29' AND p.city = 'L''Aquila' AND p.birth_month_day = 229"
            " AND o.components[1].value > 140 AND o.components[1].codes[1] = 'http://loinc.org|8480-6'"
            " AND o.value IS NULL AND o.starts_at IS NULL"
        )

        assert list(lake.population(asked, as_of=NOON)) == [ADA]

    @pytest.mark.parametrize(
        "reaching",
        ["SELECT content FROM read_text('/etc/hostname')", "SELECT 'x' FROM 'https://example.org/a.parquet'"],
    )
    def test_reaches_nothing_outside_the_lake(self, lake: Lake, reaching: str) -> None:
        wrote(lake, ProfileFacts(ADA))

        with pytest.raises(duckdb.Error):
            lake.population(reaching, as_of=NOON)


class TestWriting:
    def test_after_another_mark_loses_the_race_and_leaves_nothing(self, lake: Lake) -> None:
        wrote(lake, ProfileFacts(ADA))

        with pytest.raises(LostRace):
            lake.write([ProfileFacts(BOB)], after="0", state=LakeState("9", NOON))

        assert list(lake.population(EVERYBODY, as_of=NOON)) == [ADA]
        assert lake.state().mark == "1"

    def test_from_the_beginning_forgets_all_else(self, lake: Lake) -> None:
        wrote(lake, ProfileFacts(ADA), an_hba1c())

        lake.write([ProfileFacts(BOB)], after=None, state=LakeState("1", NOON))

        assert list(lake.population(EVERYBODY, as_of=NOON)) == [BOB]
        assert list(lake.population(OBSERVED, as_of=NOON)) == []

    def test_many_times_keeps_what_counts(self, lake: Lake) -> None:
        for number in range(2 * MOST_FILES + 3):
            wrote(lake, ProfileFacts(PatientId(f"p{number % 5}"), city=str(number)), ProfileFacts(ADA))
        wrote(lake, ProfileFacts(ADA, deleted=True))

        assert list(lake.population(EVERYBODY, as_of=NOON)) == ["p0", "p1", "p2", "p3", "p4"]
        newest = "SELECT patient_id FROM patient WHERE city::INTEGER >= 30 ORDER BY 1"
        assert len(lake.population(newest, as_of=NOON)) == 5

    def test_is_seen_by_others_from_then_on(self, machines: Callable[[], Lake]) -> None:
        one, other = machines(), machines()
        wrote(one, ProfileFacts(ADA))
        seen = list(other.population(EVERYBODY, as_of=NOON))
        wrote(other, ProfileFacts(BOB))

        assert (seen, list(one.population(EVERYBODY, as_of=NOON))) == ([ADA], [ADA, BOB])

    def test_at_the_same_time_as_others_is_done_by_one(self, machines: Callable[[], Lake]) -> None:
        wrote(machines(), ProfileFacts(ADA))

        def write(number: int) -> int | None:
            with suppress(LostRace):
                machines().write([ProfileFacts(PatientId(f"p{number}"))], after="1", state=LakeState("2"))
                return number
            return None

        with ThreadPoolExecutor(4) as writers:
            (winner,) = (done for done in writers.map(write, range(4)) if done is not None)

        assert list(machines().population(EVERYBODY, as_of=NOON)) == [ADA, f"p{winner}"]

    @given(
        st.lists(
            st.dictionaries(
                st.sampled_from("abcd"), st.one_of(st.none(), st.sampled_from("xyz")), max_size=4
            ),
            max_size=8,
        )
    )
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
    def test_leaves_what_a_table_would_hold(
        self, tmp_path_factory: pytest.TempPathFactory, writes: Sequence[dict[str, str | None]]
    ) -> None:
        lake = ParquetLake(tmp_path_factory.mktemp("lake"))
        held: dict[str, str | None] = {}
        for write in writes:
            wrote(
                lake,
                *(
                    ProfileFacts(PatientId(id_), city=city, deleted=city is None)
                    for id_, city in write.items()
                ),
            )
            held |= write

        found = lake.population("SELECT patient_id || city FROM patient", as_of=NOON)

        assert sorted(found) == sorted(id_ + city for id_, city in held.items() if city is not None)


class TestAFolder:
    """What no list names is not there."""

    def test_holds_few_lists(self, tmp_path: Path) -> None:
        lake = ParquetLake(tmp_path)
        for _ in range(8):
            wrote(lake)

        assert len(list(tmp_path.glob("list-*.json"))) == KEPT

    def test_shows_nothing_of_a_write_that_was_killed_before_its_list_was_made(self, tmp_path: Path) -> None:
        lake = ParquetLake(tmp_path)
        wrote(lake, ProfileFacts(ADA))
        wrote(lake, ProfileFacts(BOB))
        (tmp_path / "list-000000000002.json").unlink()

        assert list(lake.population(EVERYBODY, as_of=NOON)) == [ADA]
        wrote(lake, ProfileFacts(BOB))
        assert list(lake.population(EVERYBODY, as_of=NOON)) == [ADA, BOB]

    def test_shows_nothing_of_half_a_list(self, tmp_path: Path) -> None:
        lake = ParquetLake(tmp_path)
        wrote(lake, ProfileFacts(ADA))
        (tmp_path / "new-1-2-3.json").write_text('{"mark": "2", "compl')

        assert lake.state().mark == "1"
        wrote(lake, ProfileFacts(BOB))
        assert list(lake.population(EVERYBODY, as_of=NOON)) == [ADA, BOB]

    def test_is_swept_by_several_at_once(self, tmp_path: Path) -> None:
        wrote(ParquetLake(tmp_path), ProfileFacts(ADA))
        nobodys = [tmp_path / "patient" / f"nobodys-{number}.parquet" for number in range(1_000)]
        for path in nobodys:
            path.touch()
            os.utime(path, (0, 0))
        together = Barrier(4)

        def sweep(_: int) -> None:
            together.wait()
            FolderShelf(tmp_path).sweep()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(sweep, range(4)))

        assert not [path for path in nobodys if path.exists()]
        assert list(ParquetLake(tmp_path).population(EVERYBODY, as_of=NOON)) == [ADA]

    def test_is_left_to_others_by_a_sweep_that_they_overtake(self, tmp_path: Path) -> None:
        lake = ParquetLake(tmp_path)
        wrote(lake, ProfileFacts(ADA))

        _Overtaken(tmp_path, by=lake).sweep()

        assert lake.state().mark == str(1 + KEPT)
        assert list(lake.population(EVERYBODY, as_of=NOON)) == [ADA]


class _Overtaken(FolderShelf):
    """Others write, and sweep, after it has looked which lists there are."""

    def __init__(self, folder: Path, *, by: Lake) -> None:
        super().__init__(folder)
        self._others = by

    def _numbers(self) -> list[int]:
        seen = super()._numbers()
        for _ in range(KEPT):
            wrote(self._others)
        return seen
