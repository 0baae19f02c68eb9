"""Changes that come together are kept with a commit for each patient, and come out as if each were alone."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.counting import CountingDocuments, Counts
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Found
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, NotYetVisible, PutOff, Throttled
from shared.patients.documents import INDEXES
from shared.patients.model import ProjectChange
from shared.segments.documents import INDEXES as OF_SEGMENTS
from shared.triggers.documents import INDEXES as OF_TRIGGERS
from tests.rooms.patients.ward import Ward
from tests.support.fhir_people import a_patient, an_encounter, an_hba1c
from tests.support.house import a_house

MARIA, JOHN = PatientId("maria"), PatientId("john")
MONTHS = ("january", "march", "june")


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    with (
        a_house(tmp_path, (*INDEXES, *OF_SEGMENTS, *OF_TRIGGERS)) as house,
        closing(SqliteRecord(tmp_path / "record.db", clock=house.clock)) as record,
    ):
        ward = Ward(house, record)
        ward.write(a_patient("maria"), a_patient("john", family="O\u2019Brien"))
        ward.follows()
        for patient_id in (MARIA, JOHN):
            ward.project_patient(patient_id, now=ward.now)
        yield ward


def interrupted(record: SqliteRecord, meanwhile: Callable[[], None]) -> Any:
    """Give the record; between its first reading of several and what is done about it, something happens."""
    todo = [meanwhile]

    class Interrupted:
        def __getattr__(self, name: str) -> Any:
            return getattr(record, name)

        def read_many(self, references: Sequence[tuple[str, str]]) -> Found:
            found = record.read_many(references)
            if todo:
                todo.pop()()
            return found

    return Interrupted()


def burst(ward: Ward, *, of: str = "maria") -> list[ProjectChange]:
    ward.write(*(an_hba1c(month, of=of) for month in MONTHS))
    return ward.told()


class TestABurst:
    def test_is_kept_with_one_commit(self, ward: Ward) -> None:
        counts, changes = Counts(), burst(ward)
        counting: Any = CountingDocuments(ward.house.documents, counts)
        together = replace(ward.project_together, documents=counting)

        outcomes = together(changes, now=ward.now)

        assert (outcomes, counts["commit"], counts["create"]) == ([None] * 3, 1, 3)
        assert ward.kept("maria") == ward.recorded("maria")

    def test_delivered_again_writes_nothing(self, ward: Ward) -> None:
        changes = burst(ward)
        ward.project(changes)
        before = ward.house.change_feed.read("test", limit=1000)

        ward.project(changes)

        assert ward.house.change_feed.read("test", limit=1000) == before

    def test_of_two_patients_is_kept_of_each(self, ward: Ward) -> None:
        marias = burst(ward)
        ward.write(an_hba1c("johns", of="john"))

        ward.project([marias[0], *ward.told(), *marias[1:]])

        assert list(ward.kept("john")) == ["Observation/johns"]
        assert ward.kept("maria") == ward.recorded("maria")

    def test_with_a_visit_in_it_keeps_what_names_nobody_but_the_visit(self, ward: Ward) -> None:
        of_the_visit = an_hba1c("there") | {"encounter": {"reference": "Encounter/visit"}}
        del of_the_visit["subject"]
        ward.write(an_hba1c("march"), an_encounter("visit"), of_the_visit)

        ward.follows()

        assert sorted(ward.kept("maria")) == ["Encounter/visit", "Observation/march", "Observation/there"]

    def test_keeps_nothing_of_a_visit_that_is_somebody_else_s(self, ward: Ward) -> None:
        of_the_visit = an_hba1c("there") | {"encounter": {"reference": "Encounter/visit"}}
        del of_the_visit["subject"]
        ward.write(an_encounter("visit", of="john"), of_the_visit, an_hba1c("march"))
        told = [
            ProjectChange(MARIA, "Observation", name, 1, ward.now, "created") for name in ("there", "march")
        ]

        ward.project(told)

        assert list(ward.kept("maria")) == ["Observation/march"]

    def test_of_more_than_one_commit_takes_is_kept_whole(self, ward: Ward) -> None:
        ward.write(*(an_hba1c(f"r{number}") for number in range(101)))

        ward.follows()

        assert len(ward.kept("maria")) == 101

    def test_takes_away_what_is_gone_from_it(self, ward: Ward) -> None:
        changes = burst(ward)
        ward.project(changes)
        ward.delete("Observation", "march")
        ward.write(an_hba1c("june", of="john"))

        ward.follows()

        assert (list(ward.kept("maria")), list(ward.kept("john"))) == (
            ["Observation/january"],
            ["Observation/june"],
        )


class TestOneOfThem:
    def test_that_the_record_does_not_show_yet_holds_up_no_other(self, ward: Ward) -> None:
        first, *others = burst(ward)
        ahead = ProjectChange(MARIA, "Observation", "august", 1, ward.now, "created")
        newer = replace(others[0], version=9, at=ward.now + timedelta(minutes=1))

        outcomes = ward.project_together([first, ahead, newer, others[1]], now=ward.now)

        assert [type(outcome) for outcome in outcomes] == [
            type(None),
            NotYetVisible,
            NotYetVisible,
            type(None),
        ]
        assert sorted(ward.kept("maria")) == ["Observation/january", "Observation/june"]

    def test_that_cannot_be_read_now_holds_up_no_other(self, ward: Ward) -> None:
        """The record says 429 of one person: the others are not asked for one by one for that."""
        ward.write(a_patient("maria", given="Mary"), an_hba1c("march"), a_patient("john", given="Jon"))

        class Busy:
            def read(self, kind: str, id_: str) -> Any:
                if (kind, id_) == ("Patient", "maria"):
                    raise Throttled
                return ward.record.read(kind, id_)

        busy: Any = Busy()
        alone = replace(ward.project_change, reading=busy)

        outcomes = replace(ward.project_together, project_change=alone)(ward.told(), now=ward.now)

        assert [type(outcome) for outcome in outcomes] == [Throttled, type(None), type(None)]
        assert list(ward.kept("maria")) == ["Observation/march"]

    def test_comes_again_where_others_took_too_long(self, ward: Ward) -> None:
        seconds = iter(range(0, 10_000, 25))
        ward.write(*(a_patient(f"p{number}") for number in range(90)), an_hba1c("march"))
        slow = replace(ward.project_together, pace=lambda: next(seconds))

        outcomes = slow(changes := ward.told(), now=ward.now)

        assert [type(one) for one in outcomes] == [type(None), *[PutOff] * 90]
        ward.project(changes)
        assert list(ward.kept("maria")) == ["Observation/march"]


class TestWhatHappensMeanwhile:
    @pytest.mark.parametrize("becomes", ["deleted", "somebody else's"])
    def test_to_what_nobody_held_yet_is_seen(self, ward: Ward, becomes: str) -> None:
        changes = burst(ward)

        def meanwhile() -> None:
            if becomes == "deleted":
                ward.delete("Observation", "march")
            else:
                ward.write(an_hba1c("march", of="john"))

        together = replace(ward.project_together, record=interrupted(ward.record, meanwhile))

        first, second = together(changes, now=ward.now), together(changes, now=ward.now)

        assert [type(one) for one in first] == [type(None), LostRace, type(None)]
        assert second == [None] * 3
        assert sorted(ward.kept("maria")) == ["Observation/january", "Observation/june"]

    def test_to_one_patient_holds_up_no_other(self, ward: Ward) -> None:
        changes = burst(ward)
        ward.write(an_hba1c("johns", of="john"))
        johns = ward.told()

        def meanwhile() -> None:
            ward.delete("Patient", "maria")
            ward.follows()

        together = replace(ward.project_together, record=interrupted(ward.record, meanwhile))

        outcomes = together([*changes, *johns], now=ward.now)

        assert [type(one) for one in outcomes] == [*[LostRace] * 3, type(None)]
        assert (ward.kept("maria"), list(ward.kept("john"))) == ({}, ["Observation/johns"])
