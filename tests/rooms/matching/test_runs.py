"""A run that is stopped anywhere and made again gives everybody the id they would have had (UN-9)."""

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.access.model import Caller
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.kernel.announcements import Announcement
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Change, Commit, Unchanged
from shared.kernel.refusals import TransientFault
from shared.kernel.sensitive import Sensitive
from shared.matching.carry_out_review import CarryOutReview
from shared.matching.comparing import SourceRecord
from shared.matching.definitions import MatchingDraft, Source
from shared.matching.documents import RunAsked, persons_of
from shared.matching.keyed_ids import KeyedIds
from shared.matching.model import PersonId, RecordRef
from shared.matching.persons import kept
from shared.matching.put_matching import PutMatching
from shared.matching.review_persons import ReviewAsked, ReviewPersons
from shared.matching.start_matching_run import StartMatchingRun
from shared.patients.contact_keys import ContactKeys
from shared.wiring.indexes import INDEXES
from tests.rooms.matching.people import ADA, COLUMNS, Lists, record
from tests.rooms.matching.running import KEYS, run_matching

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
INA = Caller("ina", "staff")
DRAFT = MatchingDraft("Everybody", (Source("hospital", COLUMNS), Source("clinic", COLUMNS)))
BOB = {**ADA, "first_name": "Bob", "birth_date": "1961-05-13"}
FIRST = (
    record("hospital", "1"),
    record("clinic", "2"),
    record("hospital", "3", BOB),
    record("clinic", "4", BOB, postcode="", phone=""),
)
Shown = tuple[str, tuple[RecordRef, ...], tuple[PersonId, ...], PersonId | None]
ALONE = RecordRef("clinic", "4")
THEN = (
    record("hospital", "1"),
    record("clinic", "2", BOB),  # was Ada's, and is Bob's
    record("hospital", "3", BOB),
    record("clinic", "4", BOB),  # was alone
    record("clinic", "5"),
)


class Stopping(SqliteDocuments):
    """The embedded store of a machine that is switched off after so many persons."""

    left = 1_000

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Announcement] = (),
    ) -> dict[str, str]:
        if partition.startswith("person/"):
            self._go_on()
        return super().commit(partition, changes=changes, unchanged=unchanged, announcements=announcements)

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:
        outcomes: list[Exception | None] = []
        for commit in commits:
            self._go_on()
            outcomes += super().commit_many([commit])
        return outcomes

    def _go_on(self) -> None:
        if self.left == 0:
            raise TransientFault
        self.left -= 1


@pytest.fixture
def documents(tmp_path: Path) -> Generator[Stopping]:
    file = SqliteFile(tmp_path / "store.db")
    yield Stopping(file, clock=StoppedClock(NOON), indexes=INDEXES)
    file.close()


def run(documents: Stopping, folder: Path, rows: Sequence[SourceRecord], named: str) -> None:
    act = run_matching(documents, Lists(rows), folder / "matching")
    StartMatchingRun(documents)(RunAsked(), matching_id="all", run_id=named, caller=INA, now=NOON)
    act(matching_id="all", run_id=named, now=NOON)


def everybody(documents: Stopping) -> dict[str, Shown]:
    return {
        found.body.id: (standing, found.body.refs, found.body.previous_ids, found.body.merged_into)
        for standing in ("several", "single", "retired")
        for found in persons_of(documents, "all", standing)
    }


def history(documents: Stopping, folder: Path, *, stopped_after: int | None) -> dict[str, Shown]:
    PutMatching(documents)(DRAFT, matching_id="all", caller=INA, now=NOON, if_match=None)
    run(documents, folder, FIRST, "monday")
    if stopped_after is not None:
        documents.left = stopped_after
        with suppress(TransientFault):
            run(documents, folder, THEN, "tuesday")
        documents.left = 1_000
    run(documents, folder, THEN, "tuesday")
    return everybody(documents)


def reviewed(documents: Stopping, folder: Path, *, stopped_after: int | None) -> Sequence[dict[str, Shown]]:
    """Make two persons one, and part them again; give who there was after each."""
    PutMatching(documents)(DRAFT, matching_id="all", caller=INA, now=NOON, if_match=None)
    run(documents, folder, FIRST, "monday")
    alone = next(one for one, (_, refs, *_) in everybody(documents).items() if ALONE in refs)
    several = next(one for one, (standing, *_) in everybody(documents).items() if standing == "several")
    joined = ReviewAsked("same", (PersonId(alone), PersonId(several)), "Seen together")
    parted = ReviewAsked("different", (PersonId(several),), "Seen apart", (ALONE,))
    seen: list[dict[str, Shown]] = []
    for minute, asked in enumerate((joined, parted), start=1):
        review = ReviewPersons(documents)(
            asked, matching_id="all", review_id=f"r{minute}", caller=INA, now=NOON.replace(minute=minute)
        )
        act = CarryOutReview(documents)
        if stopped_after is not None:
            documents.left = stopped_after
            with suppress(TransientFault):
                act(matching_id="all", review_id=review.id)
            documents.left = 1_000
        act(matching_id="all", review_id=review.id)
        act(matching_id="all", review_id=review.id)
        seen.append(everybody(documents))
    return seen


@pytest.mark.parametrize("stopped_after", [0, 1])
def test_a_review_that_is_stopped_and_carried_out_again_comes_to_the_same(
    tmp_path: Path, documents: Stopping, stopped_after: int
) -> None:
    file = SqliteFile(tmp_path / "undisturbed.db")
    undisturbed = Stopping(file, clock=StoppedClock(NOON), indexes=INDEXES)
    expected = reviewed(undisturbed, tmp_path, stopped_after=None)
    file.close()

    joined, parted = reviewed(documents, tmp_path, stopped_after=stopped_after)

    assert [joined, parted] == expected
    assert {standing for standing, *_ in joined.values()} > {"retired"}
    assert ("single", (ALONE,)) in [(standing, refs) for standing, refs, *_ in parted.values()]
    assert "retired" not in {standing for standing, *_ in parted.values()}


@pytest.mark.parametrize("stopped_after", [0, 1, 2, 3])
def test_a_run_that_is_stopped_and_made_again_comes_to_the_same(
    tmp_path: Path, documents: Stopping, stopped_after: int
) -> None:
    file = SqliteFile(tmp_path / "undisturbed.db")
    undisturbed = Stopping(file, clock=StoppedClock(NOON), indexes=INDEXES)
    expected = history(undisturbed, tmp_path, stopped_after=None)
    file.close()

    assert history(documents, tmp_path, stopped_after=stopped_after) == expected
    assert sum(1 for standing, *_ in expected.values() if standing == "retired") == 1
    assert any(previous for _, _, previous, _ in expected.values())


def test_a_former_id_leads_to_whoever_has_its_records_now(tmp_path: Path, documents: Stopping) -> None:
    """What is told of it would else be written down of somebody who was never meant."""
    cleo = {**ADA, "first_name": "Cleo", "last_name": "Diaz", "birth_date": "1975-02-03", "phone": ""}
    others = [
        *FIRST[2:3],
        record("clinic", "4", BOB),
        record("hospital", "5", cleo),
        record("clinic", "6", cleo),
    ]
    PutMatching(documents)(DRAFT, matching_id="all", caller=INA, now=NOON, if_match=None)
    seen: list[dict[str, Shown]] = []
    for number, values in enumerate((ADA, BOB, cleo)):
        run(documents, tmp_path, [record("hospital", "1", values), *others], f"day-{number}")
        seen.append(everybody(documents))

    (former,) = (one for one, (standing, *_) in seen[0].items() if standing == "single")
    bob, her = (
        next(one for one, (_, refs, *_) in seen[0].items() if RecordRef("clinic", key) in refs)
        for key in "46"
    )
    assert [day[former][3] for day in seen] == [None, bob, her]


class TestIdsOfTheHousesChoosing:
    """Made of the birth date and surname: what becomes of them over three runs."""

    BY_KEY = replace(DRAFT, id_fields=("last_name", "birth_date"))

    def runs(
        self, documents: Stopping, folder: Path, *days: Sequence[SourceRecord]
    ) -> list[dict[str, Shown]]:
        PutMatching(documents)(self.BY_KEY, matching_id="all", caller=INA, now=NOON, if_match=None)
        seen: list[dict[str, Shown]] = []
        for number, rows in enumerate(days):
            run(documents, folder, rows, f"day-{number}")
            seen.append(everybody(documents))
        return seen

    def test_come_back_in_another_house_with_the_same_key_only(
        self, tmp_path: Path, documents: Stopping
    ) -> None:
        (seen,) = self.runs(documents, tmp_path, FIRST[:2])

        (named,) = seen
        groups = {frozenset({RecordRef("clinic", "9")}): kept([record("clinic", "9")])}
        again = KeyedIds(KEYS)("all", self.BY_KEY, groups)
        elsewhere = KeyedIds(ContactKeys(Sensitive(b"another key")))("all", self.BY_KEY, groups)
        assert list(again.values()) == [named]
        assert list(elsewhere.values()) != [named]

    def test_change_with_the_fields_and_keep_the_former(self, tmp_path: Path, documents: Stopping) -> None:
        corrected = [
            record("hospital", "1", birth_date="1990-01-03"),
            record("clinic", "2", birth_date="1990-01-03"),
        ]
        first, then, back = self.runs(documents, tmp_path, FIRST[:2], corrected, FIRST[:2])

        (old,) = first
        (new,) = then.keys() - {old}
        assert then[new][2] == (old,)
        assert (then[old][0], then[old][3]) == ("retired", new)
        assert back[old][0] == "several"
        assert (back[new][0], back[new][3]) == ("retired", old)

    def test_of_a_person_who_is_parted_stay_with_the_first_record(
        self, tmp_path: Path, documents: Stopping
    ) -> None:
        apart = [record("hospital", "1"), record("clinic", "2", phone="", postcode="", line="", address="")]
        first, then = self.runs(documents, tmp_path, FIRST[:2], apart)

        (old,) = first
        (other,) = then.keys() - {old}
        assert then[old][1] == (RecordRef("hospital", "1"),)
        assert then[other] == ("single", (RecordRef("clinic", "2"),), (old,), None)

    def test_of_who_lacks_a_field_are_as_usual(self, tmp_path: Path, documents: Stopping) -> None:
        without = [record("hospital", "1", birth_date="")]
        first, then = self.runs(documents, tmp_path, without, FIRST[:1])

        (usual,) = first
        (keyed,) = then.keys() - {usual}
        assert (then[keyed][2], then[usual][3]) == ((usual,), keyed)

    def test_lead_nobody_to_whom_the_same_fields_have_passed(
        self, tmp_path: Path, documents: Stopping
    ) -> None:
        """Ada's birth date was wrong, and is that of another O'Brien who comes later."""
        other = {"first_name": "Zoltan", "last_name": "O'Brien", "birth_date": "1990-01-02"}
        right = record("hospital", "1", birth_date="1971-11-30")
        usual_first = record("hospital", "1", birth_date="")
        _, wrong, then = self.runs(
            documents, tmp_path, [usual_first], FIRST[:1], [right, record("hospital", "9", other)]
        )

        (ada,) = (
            one
            for one, (_, refs, *_) in then.items()
            if RecordRef("hospital", "1") in refs and one not in wrong
        )
        (zoltan,) = (one for one, (_, refs, *_) in then.items() if RecordRef("hospital", "9") in refs)
        (usual,) = (one for one, (standing, *_) in wrong.items() if standing == "retired")
        assert (zoltan in wrong, then[zoltan][2]) == (True, ())
        assert then[usual][3] == ada
