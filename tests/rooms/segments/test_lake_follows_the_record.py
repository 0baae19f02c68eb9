"""The lake after any history of the record, of writers that were killed, and of a record made anew."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.adapters.parquet_lake import ParquetLake
from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, TransientFault
from shared.segments.facts import Facts
from shared.segments.ports import LakeState
from tests.rooms.segments.ward import ADA, BOB, Ward, a_patient, a_ward, result

EVERYBODY = "SELECT patient_id FROM patient ORDER BY 1"
OBSERVED = "SELECT patient_id FROM observation ORDER BY 1"


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    with a_ward(tmp_path) as one:
        yield one


def held(ward: Ward, sql: str = EVERYBODY) -> list[PatientId]:
    return list(ward.lake.population(sql, as_of=ward.now))


@dataclass
class DyingLake(ParquetLake):
    """A lake whose writer is killed after so many writes."""

    folder: Path
    writes: int

    def __post_init__(self) -> None:
        super().__init__(self.folder)

    def write(self, facts: Sequence[Facts], *, after: str | None, state: LakeState) -> None:
        if not self.writes:
            raise TransientFault
        self.writes -= 1
        super().write(facts, after=after, state=state)


class TestBringingUpToDate:
    def test_writes_what_was_imported_and_what_was_written(self, ward: Ward) -> None:
        ward.record.load([a_patient(ADA), result(of=ADA)])
        ward.writes(a_patient(BOB))

        assert ward.follow(now=ward.now) == 3
        assert (held(ward), held(ward, OBSERVED)) == ([ADA, BOB], [ADA])
        assert ward.lake.state().complete_up_to == ward.now

    def test_again_writes_nothing_and_is_complete_up_to_later(self, ward: Ward) -> None:
        ward.writes(a_patient())
        ward.follow(now=ward.now)
        ward.house.clock.pass_by(timedelta(minutes=30))

        assert ward.follow(now=ward.now) == 0
        assert ward.lake.state().complete_up_to == ward.now

    def test_takes_out_what_was_deleted_or_no_longer_counts(self, ward: Ward) -> None:
        ward.writes(a_patient(ADA), a_patient(BOB), result("a", of=ADA), result("b", of=BOB))
        ward.follow(now=ward.now)
        ward.deletes("Patient", "bob")
        ward.writes(result("a", of=ADA, status="entered-in-error"))
        ward.follow(now=ward.now)

        assert (held(ward), held(ward, OBSERVED)) == ([ADA], [BOB])

    def test_loses_nothing_to_a_clock_that_is_moved_about(self, ward: Ward) -> None:
        ward.house.clock.pass_by(timedelta(days=300))
        ward.writes(a_patient(ADA))
        ward.follow(now=ward.now)
        ward.house.clock.pass_by(timedelta(days=-600))
        ward.writes(a_patient(BOB))
        ward.follow(now=ward.now)

        assert held(ward) == [ADA, BOB]

    def test_goes_on_where_it_was_killed_and_is_complete_only_then(self, ward: Ward, tmp_path: Path) -> None:
        people = [PatientId(f"p{number}") for number in range(5)]
        for one in people:
            ward.writes(a_patient(one))
        dying = replace(ward.follow, lake=DyingLake(tmp_path / "lake", 2), together=2)

        with pytest.raises(TransientFault):
            dying(now=ward.now)
        half = held(ward), ward.lake.state().complete_up_to
        rest = replace(ward.follow, together=2)(now=ward.now)

        assert half == (people[:4], None)
        assert (rest, held(ward)) == (1, people)
        assert ward.lake.state().complete_up_to == ward.now

    def test_beside_another_who_does_the_same_loses_the_race(self, ward: Ward) -> None:
        ward.writes(a_patient(ADA))
        ward.follow(now=ward.now)
        ward.writes(a_patient(BOB))
        seen = ward.lake.state().mark
        ward.follow(now=ward.now)

        with pytest.raises(LostRace):
            ward.lake.write([], after=seen, state=LakeState("other", ward.now))

    def test_begins_anew_where_the_record_is_another(self, ward: Ward, tmp_path: Path) -> None:
        ward.writes(a_patient(ADA), result(of=ADA))
        ward.follow(now=ward.now)
        (tmp_path / "new").mkdir()
        anew = SqliteRecord(tmp_path / "new" / "record.db", clock=ward.house.clock)
        anew.load([a_patient(BOB)])
        replace(ward.follow, record=anew)(now=ward.now)
        anew.close()

        assert (held(ward), held(ward, OBSERVED)) == ([BOB], [])
