"""Whoever is found in many records is found again by each of them, so that nobody need be looked through."""

import shutil
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from shared.adapters.export_files import FolderExportFiles
from shared.adapters.export_tables import SpellsTables
from shared.adapters.parquet_comparisons import ParquetComparisons
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.consent.data_requests.model import Person as Asking
from shared.consent.data_requests.ports import Holding
from shared.exports.forget_in_exports import ForgetInExports
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Document, Index, Page, deleting, replacing
from shared.kernel.identity import PatientId, RandomIds
from shared.matching.carry_out_review import CarryOutReview
from shared.matching.comparing import SourceRecord
from shared.matching.definitions import Condition, MatchingDraft, Rule, Source
from shared.matching.documents import (
    LAST,
    PERSON,
    PERSONS,
    RECORDS,
    LastRun,
    RecordOfPerson,
    Run,
    RunAsked,
    everything_found,
    matching_partition,
    person_partition,
    persons_of,
    record_named,
    run_at,
    run_id_of,
)
from shared.matching.model import PersonId, RecordRef
from shared.matching.persons import STANDINGS, Person
from shared.matching.put_matching import PutMatching
from shared.matching.review_persons import ReviewAsked, ReviewPersons
from shared.matching.start_matching_run import StartMatchingRun
from shared.matching.unifying import MOST_IN_ONE
from shared.wiring.indexes import INDEXES
from shared.wiring.personal_data import HouseholdData
from tests.rooms.matching.people import COLUMNS, Lists, record
from tests.rooms.matching.running import run_matching
from tests.rooms.matching.test_runs import BOB, FIRST, INA, NOON, THEN

T = TypeVar("T")
PATIENTS = Source("hospital", COLUMNS, reads="record")
DRAFT = MatchingDraft("Everybody", (PATIENTS, Source("clinic", COLUMNS)))
ADA = Asking(PatientId("1"))


class Asked(SqliteDocuments):
    """The embedded store, and which indexes were asked."""

    indexes_asked: list[Index]
    folder: Path

    def find(
        self,
        index: Index,
        of: type[T],
        *,
        equal_to: Any = None,
        up_to: Any = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[Document[T]]:
        self.indexes_asked.append(index)
        return super().find(index, of, equal_to=equal_to, up_to=up_to, limit=limit, after=after)


@pytest.fixture
def documents(tmp_path: Path) -> Generator[Asked]:
    file = SqliteFile(tmp_path / "store.db")
    documents = Asked(file, clock=StoppedClock(NOON), indexes=INDEXES)
    documents.indexes_asked, documents.folder = [], tmp_path / "matching"
    PutMatching(documents)(DRAFT, matching_id="all", caller=INA, now=NOON, if_match=None)
    yield documents
    file.close()


def run(documents: Asked, folder: Path, rows: Sequence[SourceRecord], named: str, **asked: bool) -> None:
    StartMatchingRun(documents)(RunAsked(**asked), matching_id="all", run_id=named, caller=INA, now=NOON)
    act = run_matching(documents, Lists(rows), folder / "matching")
    act(matching_id="all", run_id=named, now=NOON)


def everybody(documents: Asked) -> dict[PersonId, Person]:
    return {found.body.id: found.body for one in STANDINGS for found in persons_of(documents, "all", one)}


def led_to(documents: Asked, ref: RecordRef) -> set[PersonId]:
    named = record_named("all", ref.source, ref.key)
    return {found.body.person_id for found in everything_found(documents, RECORDS, RecordOfPerson, named)}


def had_by(documents: Asked, ref: RecordRef) -> set[PersonId]:
    return {one for one, person in everybody(documents).items() if ref in person.refs}


def held_of(documents: Asked, kind: str, person: Asking = ADA) -> list[str]:
    """Give where a kind of document is held of somebody; how it is found is noted from here on."""
    documents.indexes_asked.clear()
    return [held.partition for held in holding_of(documents, kind).of(person)]


def house_of(documents: Asked) -> HouseholdData:
    files = FolderExportFiles(documents.folder / "exports", ids=RandomIds())
    exports = ForgetInExports(documents, files, SpellsTables())
    return HouseholdData(documents, ParquetComparisons(documents.folder), exports)


def holding_of(documents: Asked, kind: str) -> Holding:
    (holding,) = [one for one in house_of(documents).holdings if one.name == kind]
    return holding


class TestEveryRecord:
    REFS = tuple({one.ref for one in (*FIRST, *THEN)})

    def test_leads_to_whoever_has_it_and_to_former_ids_after_every_run_and_review(
        self, tmp_path: Path, documents: Asked
    ) -> None:
        run(documents, tmp_path, FIRST, "monday")
        first = {ref: led_to(documents, ref) for ref in self.REFS}
        expected_first = {ref: had_by(documents, ref) for ref in self.REFS}
        run(documents, tmp_path, THEN, "tuesday")
        then = {ref: led_to(documents, ref) for ref in self.REFS}
        expected_then = {ref: had_by(documents, ref) for ref in self.REFS}
        (ada, bob) = sorted(one.id for one in everybody(documents).values() if one.standing == "several")
        review = ReviewPersons(documents)(
            ReviewAsked("same", (ada, bob), "Seen together"),
            matching_id="all",
            review_id="r1",
            caller=INA,
            now=NOON,
        )
        CarryOutReview(documents)(matching_id="all", review_id=review.id)

        assert first == expected_first
        assert then == expected_then
        assert any(len(ids) > 1 for ids in then.values()), "a former id has it as well"
        assert {ref: led_to(documents, ref) for ref in self.REFS} == {
            ref: had_by(documents, ref) for ref in self.REFS
        }

    def test_of_a_hundred_leads_to_their_one_person(self, tmp_path: Path, documents: Asked) -> None:
        """One commit does not take them all."""
        by_phone = Rule("telephone", (Condition("phone"),))
        draft = MatchingDraft("Everybody", (replace(PATIENTS, dedupe=(by_phone,)),), exceptions=())
        PutMatching(documents)(draft, matching_id="one", caller=INA, now=NOON, if_match=None)
        many = [record("hospital", f"{number:03}") for number in range(MOST_IN_ONE)]
        StartMatchingRun(documents)(RunAsked(), matching_id="one", run_id="monday", caller=INA, now=NOON)
        act = run_matching(documents, Lists(many), tmp_path / "matching")
        act(matching_id="one", run_id="monday", now=NOON)

        (person,) = (found.body for found in persons_of(documents, "one", "several"))
        names = [record_named("one", "hospital", one.ref.key) for one in many]
        led = [
            found.body.person_id
            for named in names
            for found in everything_found(documents, RECORDS, RecordOfPerson, named)
        ]
        assert led == [person.id] * MOST_IN_ONE

    def test_that_went_to_somebody_else_leads_there_alone(self, tmp_path: Path, documents: Asked) -> None:
        run(documents, tmp_path, FIRST, "monday")
        before = led_to(documents, FIRST[1].ref)
        run(documents, tmp_path, [FIRST[0], record("clinic", "2", BOB), *FIRST[2:]], "tuesday")

        (now,) = led_to(documents, FIRST[1].ref)
        assert now not in before
        assert had_by(documents, FIRST[1].ref) == {now}


class TestErasing:
    def test_finds_all_that_is_held_without_looking_through_everybody(
        self, tmp_path: Path, documents: Asked
    ) -> None:
        run(documents, tmp_path, FIRST, "monday")
        hers = had_by(documents, RecordRef("hospital", "1"))

        held = held_of(documents, "person.person")

        assert held == sorted(person_partition(one) for one in hers)
        assert PERSONS not in documents.indexes_asked
        assert set(held_of(documents, "person.record")) == set(held)

    def test_finds_the_rest_when_the_person_is_gone_already(self, tmp_path: Path, documents: Asked) -> None:
        run(documents, tmp_path, FIRST, "monday")
        (partition,) = held_of(documents, "person.person")
        person = documents.read(partition, PERSON, Person)
        documents.commit(partition, changes=[deleting(person)])
        while True:
            left = next(iter(holding_of(documents, "person.record").of(ADA)), None)
            if left is None:
                break
            documents.commit(left.partition, changes=[deleting(left)])

        assert documents.list(partition, "record", RecordOfPerson).items == ()

    def test_leaves_nothing_of_what_was_compared_and_has_the_next_run_compare_all(
        self, tmp_path: Path, documents: Asked
    ) -> None:
        run(documents, tmp_path, FIRST, "monday")
        kept = list(documents.folder.glob("compared/*/*/*.parquet"))
        whole = kept[0].parent
        shutil.copytree(whole, whole.with_name("killed.part"))

        for _ in range(2):
            house_of(documents).rewrite(ADA, now=NOON)
        left = list(documents.folder.glob("compared/*/*/*.parquet"))
        run(documents, tmp_path, FIRST, "tuesday")
        run(documents, tmp_path, FIRST, "wednesday")

        assert (len(kept), left) == (5, [])
        tuesday, wednesday = (run_at(documents, "all", day).body for day in ("tuesday", "wednesday"))
        assert (tuesday.kind, tuesday.because, wednesday.kind) == ("full", "nothing_kept", "incremental")

    def test_of_what_an_older_version_wrote_looks_through_everybody_until_a_run_has_named_all(
        self, tmp_path: Path, documents: Asked
    ) -> None:
        run(documents, tmp_path, FIRST, "monday")
        run(documents, tmp_path, THEN, "tuesday")
        as_an_older_version_wrote(documents)
        ada = Asking(PatientId("1"))

        held = held_of(documents, "person.person", ada)
        looked_through = PERSONS in documents.indexes_asked
        run(documents, tmp_path, THEN, "wednesday")

        assert (len(held), looked_through) == (1, True)
        assert held_of(documents, "person.person", ada) == held
        assert PERSONS not in documents.indexes_asked
        assert all(person.names_records for person in everybody(documents).values())
        refs = {ref for person in everybody(documents).values() for ref in person.refs}
        assert {ref: led_to(documents, ref) for ref in refs} == {ref: had_by(documents, ref) for ref in refs}

    def test_looks_through_everybody_where_an_older_version_has_run_since(
        self, tmp_path: Path, documents: Asked
    ) -> None:
        run(documents, tmp_path, FIRST, "monday")
        later = Run("old", "all", 1, "writing", "ina", NOON.replace(hour=13))
        StartMatchingRun(documents)(
            RunAsked(), matching_id="all", run_id="old", caller=INA, now=NOON.replace(hour=13)
        )
        partition = matching_partition("all")
        found = documents.read(partition, run_id_of("old"), Run)
        documents.commit(partition, changes=[replacing(found, later)])

        assert len(held_of(documents, "person.person")) == 1
        assert PERSONS in documents.indexes_asked


def as_an_older_version_wrote(documents: Asked) -> None:
    """Take away what only this version writes."""
    for person in everybody(documents).values():
        partition = person_partition(person.id)
        found = documents.read(partition, PERSON, Person)
        led = documents.list(partition, "record", RecordOfPerson).items
        changes = [
            replacing(found, replace(found.body, names_records=False)),
            *(deleting(one) for one in led),
        ]
        documents.commit(partition, changes=changes)
    last = documents.read(matching_partition("all"), LAST, LastRun)
    documents.commit(matching_partition("all"), changes=[deleting(last)])
