"""What every `MeasureLake` promises (UN-14); a promise, a test."""

from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.blob_lake import BlobLake
from shared.adapters.parquet_lake import MOST_FILES, ParquetLake
from shared.adapters.parquet_listing import Listing
from shared.adapters.parquet_measures import ParquetMeasures
from shared.adapters.parquet_states import FolderShelf
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace
from shared.measures.formula import Activities, Calculation, Dimension, Measure, People, Records
from shared.measures.model import TooMuchToWorkOut, ValuesMovedOn
from shared.measures.ports import AboutValues, ValueRow
from shared.measures.values_in_sql import sql_for
from shared.segments.facts import ActivityFacts, ProfileFacts, RecordFacts
from shared.segments.model import MeasureNotWorkedOut
from shared.segments.ports import LakeState
from tests.support.azurite import Container

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
EARLIER = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)
ADA, BOB = PatientId("ada"), PatientId("bob")
ABOUT = AboutValues(1, is_clinical=True)

LATEST = sql_for(
    Measure(
        "latest",
        1,
        "Latest",
        "customer",
        Records("records", "Observation"),
        (Calculation("latest", "last", "value"), Calculation("at", "max", "start")),
        (Dimension("status"), Dimension("start", "month")),
    ),
    nested={},
)
MANY = sql_for(
    Measure("n", 1, "n", "attribute", People("people"), (Calculation("age", "max", "patient.age"),)),
    nested={},
)


@pytest.fixture(params=("in a folder", "in blobs"))
def machines(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Callable[[], ParquetLake]]:
    """Give another machine's way to the same lake at each call."""
    if request.param == "in a folder":
        yield lambda: ParquetLake(tmp_path / "Ada's lake")
        return
    container: Container = request.getfixturevalue("container")
    names = count()
    with container.client() as client:
        yield lambda: BlobLake(client, tmp_path / f"Ada's lake, fetched by {next(names)}")


def wrote(lake: ParquetLake, *facts: ProfileFacts | RecordFacts) -> None:
    mark = lake.state().mark
    lake.write(facts, after=mark, state=LakeState(str(int(mark or 0) + 1), NOON))


def measured(value: float, *, of: PatientId = ADA, at: datetime = EARLIER) -> RecordFacts:
    return RecordFacts("Observation", f"{of}-{value}", of, status="final", starts_at=at, value=value)


def row(whose: PatientId, latest: float) -> ValueRow:
    told = {"status": "final", "start": "2026-02-01"}
    return ValueRow(whose, told, {"latest": latest, "at": "2026-02-28T23:59:59Z"})


@pytest.fixture
def lake(machines: Callable[[], ParquetLake]) -> ParquetLake:
    lake = machines()
    wrote(lake, ProfileFacts(ADA), ProfileFacts(BOB), measured(8.25), measured(6.5, of=BOB))
    return lake


class TestValues:
    def test_are_none_before_they_are_worked_out(self, lake: ParquetLake) -> None:
        measures = ParquetMeasures(lake)

        assert measures.values("latest", limit=10) is None
        assert measures.of_patient("latest", ADA, most=10) is None

    def test_are_seen_by_every_machine_as_they_were_worked_out(
        self, lake: ParquetLake, machines: Callable[[], ParquetLake]
    ) -> None:
        rows = ParquetMeasures(lake).work_out("latest", LATEST, as_of=NOON, about=ABOUT)

        other = ParquetMeasures(machines())
        kept = other.values("latest", limit=10)
        of_bob = other.of_patient("latest", BOB, most=10)

        assert kept is not None
        assert (rows, list(kept.rows)) == (2, [row(ADA, 8.25), row(BOB, 6.5)])
        assert (kept.about, kept.as_of, kept.next) == (ABOUT, NOON, None)
        assert of_bob is not None
        assert list(of_bob.rows) == [row(BOB, 6.5)]

    def test_of_nobody_are_there_and_empty(self, lake: ParquetLake) -> None:
        measures = ParquetMeasures(lake)

        measures.work_out("latest", LATEST, as_of=EARLIER.replace(year=2020), about=ABOUT)
        kept = measures.values("latest", limit=10)

        assert kept is not None
        assert (list(kept.rows), kept.about) == ([], ABOUT)

    def test_stay_while_the_record_is_followed_and_filled_anew(self, lake: ParquetLake) -> None:
        measures = ParquetMeasures(lake)
        measures.work_out("latest", LATEST, as_of=NOON, about=ABOUT)
        for number in range(MOST_FILES + 2):
            wrote(lake, measured(float(number)))
        lake.write([ProfileFacts(ADA)], after=None, state=LakeState("1", NOON))

        kept = measures.values("latest", limit=10)

        assert kept is not None
        assert list(kept.rows) == [row(ADA, 8.25), row(BOB, 6.5)]

    def test_are_replaced_as_a_whole_and_a_page_of_the_former_says_so(self, lake: ParquetLake) -> None:
        measures = ParquetMeasures(lake)
        measures.work_out("latest", LATEST, as_of=NOON, about=ABOUT)
        first = measures.values("latest", limit=1)
        assert first is not None
        second = measures.values("latest", limit=1, after=first.next)
        assert second is not None
        wrote(lake, measured(9.0, of=BOB, at=NOON))
        measures.work_out("latest", LATEST, as_of=NOON, about=AboutValues(2, is_clinical=False))

        now = measures.values("latest", limit=10)

        assert (list(first.rows), list(second.rows)) == ([row(ADA, 8.25)], [row(BOB, 6.5)])
        assert second.next is None
        assert now is not None
        assert (len(now.rows), now.about) == (3, AboutValues(2, is_clinical=False))
        with pytest.raises(ValuesMovedOn):
            measures.values("latest", limit=1, after=first.next)

    def test_that_are_forgotten_are_there_no_more(self, lake: ParquetLake) -> None:
        measures = ParquetMeasures(lake)
        measures.work_out("latest", LATEST, as_of=NOON, about=ABOUT)
        measures.work_out("ages", MANY, as_of=NOON, about=ABOUT)

        measures.forget("latest")
        measures.forget("never-there")

        assert measures.values("latest", limit=10) is None
        assert measures.values("ages", limit=10) is not None


ORDERS = sql_for(
    Measure("n", 1, "n", "attribute", Activities("activities", ("orders",)), (Calculation("n", "count"),)),
    nested={},
)


def an_order(number: int, *, of: PatientId = ADA, **more: Any) -> ActivityFacts:
    settled: dict[str, Any] = {
        "type": "orders",
        "source": "shop",
        "kind": "sales_order",
        "starts_at": EARLIER,
    }
    return ActivityFacts(f"order-{number}", of, **{**settled, **more})


def ordered(lake: ParquetLake) -> dict[str, object]:
    _, rows = ParquetMeasures(lake).sample(ORDERS, as_of=NOON, most=10)
    return {str(one.patient_id): one.values["n"] for one in rows}


class TestActivities:
    def test_are_there_as_they_were_last_written(
        self, lake: ParquetLake, machines: Callable[[], ParquetLake]
    ) -> None:
        measures = ParquetMeasures(lake)
        before = measures.activities_mark()
        measures.write_activities([an_order(1), an_order(2), an_order(3, of=BOB)], after=None, mark="monday")
        first = ordered(machines())
        measures.write_activities(
            [an_order(2, deleted=True), an_order(3, of=BOB)], after="monday", mark="tuesday"
        )

        assert (before, measures.activities_mark()) == (None, "tuesday")
        assert (first, ordered(machines())) == ({"ada": 2, "bob": 1}, {"ada": 1, "bob": 1})

    def test_are_written_by_one_of_two_who_go_on_from_the_same_mark(self, lake: ParquetLake) -> None:
        measures = ParquetMeasures(lake)
        measures.write_activities([an_order(1)], after=None, mark="monday")

        with pytest.raises(LostRace):
            measures.write_activities([an_order(2)], after=None, mark="tuesday")

        assert (ordered(lake), measures.activities_mark()) == ({"ada": 1}, "monday")

    def test_stay_when_the_record_is_followed_from_the_beginning(self, lake: ParquetLake) -> None:
        measures = ParquetMeasures(lake)
        for number in range(MOST_FILES + 2):
            mark = measures.activities_mark()
            measures.write_activities([an_order(number)], after=mark, mark=f"day {number}")
        lake.write([ProfileFacts(ADA)], after=None, state=LakeState("1", NOON))
        measures.work_out("n", ORDERS, as_of=NOON, about=ABOUT)

        assert ordered(lake) == {"ada": MOST_FILES + 2}
        assert measures.activities_mark() == f"day {MOST_FILES + 1}"
        assert lake.state() == LakeState("1", NOON)

    def test_of_real_time_count_until_their_time_has_passed(self, lake: ParquetLake) -> None:
        lasting = an_order(1, expires_at=NOON.replace(minute=1))
        over = an_order(2, of=BOB, expires_at=NOON)
        ParquetMeasures(lake).write_activities([lasting, over], after=None, mark="monday")

        assert ordered(lake) == {"ada": 1}


class TestASample:
    def test_keeps_nothing(self, lake: ParquetLake) -> None:
        measures = ParquetMeasures(lake)

        rows, sample = measures.sample(LATEST, as_of=NOON, most=1)

        assert (rows, list(sample)) == (2, [row(ADA, 8.25)])
        assert measures.values("latest", limit=10) is None


def test_what_needs_more_memory_than_there_is_changes_nothing(tmp_path: Path) -> None:
    lake = ParquetLake(tmp_path)
    wrote(lake, ProfileFacts(ADA), measured(8.25))
    measures = ParquetMeasures(lake)
    measures.work_out("latest", LATEST, as_of=NOON, about=ABOUT)
    endless = (
        "SELECT list(repeat('x', 100000) || range) AS place FROM range(100000000) WHERE $as_of IS NOT NULL"
    )

    with pytest.raises(TooMuchToWorkOut):
        measures.work_out("latest", endless, as_of=NOON, about=ABOUT)

    kept = measures.values("latest", limit=10)
    assert kept is not None
    assert list(kept.rows) == [row(ADA, 8.25)]


class Crowded(FolderShelf):
    """A shelf before which somebody else stands: so many times they take the list's next number first."""

    def __init__(self, folder: Path, *, times: int) -> None:
        super().__init__(folder)
        self._other = ParquetLake(folder)
        self._times = times

    def keep(self, listing: Listing) -> None:
        if self._times:
            self._times -= 1
            wrote(self._other, measured(1.0, of=BOB))
        super().keep(listing)


class TestWhereOthersWriteMeanwhile:
    def test_values_are_listed_beside_what_they_wrote(self, tmp_path: Path) -> None:
        other = ParquetLake(tmp_path)
        wrote(other, ProfileFacts(ADA), measured(8.25))
        crowded = ParquetLake(tmp_path, shelf=Crowded(tmp_path, times=2))

        ParquetMeasures(crowded).work_out("latest", LATEST, as_of=NOON, about=ABOUT)

        kept = ParquetMeasures(other).values("latest", limit=10)
        assert other.state().mark == "3"
        assert kept is not None
        assert list(kept.rows) == [row(ADA, 8.25)]

    def test_again_and_again_the_race_is_lost(self, tmp_path: Path) -> None:
        wrote(ParquetLake(tmp_path), ProfileFacts(ADA))
        crowded = ParquetLake(tmp_path, shelf=Crowded(tmp_path, times=100))

        with pytest.raises(LostRace):
            ParquetMeasures(crowded).work_out("ages", MANY, as_of=NOON, about=ABOUT)

        assert ParquetMeasures(crowded).values("ages", limit=10) is None


UNSEEN = Measure(
    "visits",
    1,
    "Visits",
    "customer",
    Records("records", "Observation"),
    (
        Calculation("total", "sum", "value", null_as=0.5),
        Calculation("n", "count"),
        Calculation("unit", "last", "unit", null_as="it's"),
    ),
    (Dimension("status"),),
)
CAROL = PatientId("carol")
ASKED = {"visits": frozenset({"total", "n", "unit"})}


class TestWhatSegmentsAsk:
    """Both ways of asking find the same values, with what stands for the unknown in them."""

    @pytest.fixture
    def visited(self, lake: ParquetLake) -> ParquetLake:
        endless = [
            RecordFacts("Observation", f"x{one}", CAROL, starts_at=EARLIER, value=1e308) for one in "12"
        ]
        wrote(lake, ProfileFacts(CAROL), ProfileFacts(PatientId("dan")), *endless, measured(1.5))
        about = AboutValues(1, is_clinical=True, null_as={"total": 0.5, "unit": "it's"})
        ParquetMeasures(lake).work_out("visits", sql_for(UNSEEN, nested={}), as_of=NOON, about=about)
        return lake

    def test_is_told_of_one_patient(self, visited: ParquetLake) -> None:
        assert visited.values_of("visits", ADA) == [{"total": 9.75, "n": 2, "unit": "it's"}]

    def test_of_whom_there_is_no_row_is_what_stands_for_the_unknown(self, visited: ParquetLake) -> None:
        assert visited.values_of("visits", PatientId("dan")) == [{"total": 0.5, "n": None, "unit": "it's"}]

    @pytest.mark.parametrize(
        "condition", ["total > 9", "total = 0.5", "n IS NULL", "unit = 'it''s'", "n >= 2"]
    )
    def test_is_the_same_of_everybody(self, visited: ParquetLake, condition: str) -> None:
        sql = f'SELECT patient_id FROM "measure:visits" WHERE {condition}'  # noqa: S608  # the test's own words
        tests: dict[str, Callable[[Mapping[str, Any]], bool]] = {
            "total > 9": lambda one: one["total"] > 9,
            "total = 0.5": lambda one: one["total"] == 0.5,
            "n IS NULL": lambda one: one["n"] is None,
            "unit = 'it''s'": lambda one: one["unit"] == "it's",
            "n >= 2": lambda one: (one["n"] or 0) >= 2,
        }
        holds = tests[condition]
        everybody = [ADA, BOB, CAROL, PatientId("dan")]

        one_by_one = [who for who in everybody if any(map(holds, visited.values_of("visits", who) or ()))]

        assert sorted(visited.population(sql, as_of=NOON, measures=ASKED)) == one_by_one
        assert one_by_one

    def test_is_not_there_before_it_is_worked_out(self, lake: ParquetLake) -> None:
        assert lake.values_of("visits", ADA) is None
        with pytest.raises(MeasureNotWorkedOut):
            lake.population("SELECT patient_id FROM patient", as_of=NOON, measures=ASKED)

    def test_is_not_there_where_the_values_are_of_a_version_without_it(self, visited: ParquetLake) -> None:
        newer = {"visits": frozenset({"average"})}

        with pytest.raises(MeasureNotWorkedOut):
            visited.population("SELECT patient_id FROM patient", as_of=NOON, measures=newer)
