"""Runs that compare only what has changed come to what runs that compare all come to (UN-1, UN-9)."""

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.parquet_comparisons import ParquetComparisons
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Commit
from shared.kernel.refusals import TransientFault
from shared.matching.carry_out_review import CarryOutReview
from shared.matching.comparing import SourceRecord
from shared.matching.definitions import WELL_KNOWN, Condition, MatchingDraft, Rule, Source
from shared.matching.documents import Run, RunAsked, last_run_of, persons_of, proposals_of, run_at
from shared.matching.forget_comparisons import ForgetComparisons
from shared.matching.kinds_of_run import EDITION
from shared.matching.model import RecordRef
from shared.matching.persons import STANDINGS
from shared.matching.ports import RecordSources
from shared.matching.put_matching import PutMatching
from shared.matching.review_persons import ReviewAsked, ReviewPersons
from shared.matching.start_matching_run import StartMatchingRun
from shared.wiring.indexes import INDEXES
from tests.rooms.matching.people import COLUMNS, Lists, record
from tests.rooms.matching.running import run_matching
from tests.rooms.matching.test_runs import DRAFT as BY_USUAL_RULES
from tests.rooms.matching.test_runs import FIRST, INA, NOON, THEN, Stopping

RULES = (
    Rule("identifier", (Condition("identifier"), Condition("last_name"))),
    Rule("name", (Condition("first_name", "medium"), Condition("last_name"), Condition("birth_date"))),
    Rule("telephone", (Condition("phone"), Condition("first_name"))),
)
"""Few, so that a run is short; of a source's the next is tried only where one matched nothing."""
DRAFT = MatchingDraft(
    "Everybody",
    (
        Source("hospital", COLUMNS, dedupe=RULES, match=RULES),
        Source("clinic", COLUMNS, dedupe=RULES, match=RULES),
        Source("portal", COLUMNS, self_asserted=True, dedupe=RULES, match=RULES),
        Source("registry", COLUMNS, include_all=False, dedupe=(), match=RULES),
    ),
)
BY_KEY = replace(DRAFT, id_fields=("last_name", "birth_date"))
Rows = Mapping[RecordRef, SourceRecord]


@dataclass(frozen=True, slots=True)
class House:
    """A store and what its runs have compared; `full_after` 0 compares all each time."""

    documents: SqliteDocuments
    folder: Path
    full_after: int

    def run(self, rows: Rows, named: str) -> Run:
        act = run_matching(
            self.documents, Lists(tuple(rows.values())), self.folder, full_after=self.full_after
        )
        StartMatchingRun(self.documents)(RunAsked(), matching_id="all", run_id=named, caller=INA, now=NOON)
        act(matching_id="all", run_id=named, now=NOON)
        return run_at(self.documents, "all", named).body

    def seen(self) -> Mapping[str, Any]:
        """Give everybody and all that waits for a reviewer, but for which run wrote it."""
        persons = {
            found.body.id: replace(found.body, done_by="", before=replace(found.body.before, records=None))
            for standing in STANDINGS
            for found in persons_of(self.documents, "all", standing)
        }
        proposals = {
            found.body.id: replace(found.body, run_id="") for found in proposals_of(self.documents, "all")
        }
        return {one: asdict(body) for one, body in (persons | proposals).items()}

    def review(self, asked: ReviewAsked, number: int) -> None:
        at = NOON.replace(minute=number)
        review = ReviewPersons(self.documents)(
            asked, matching_id="all", review_id=f"r{number}", caller=INA, now=at
        )
        CarryOutReview(self.documents)(matching_id="all", review_id=review.id)


@contextmanager
def houses(draft: MatchingDraft) -> Generator[tuple[House, House]]:
    """Give one in which runs are incremental after the first, and one in which each is full."""
    with TemporaryDirectory() as folder:
        built: list[House] = []
        files: list[SqliteFile] = []
        for name, full_after in (("incremental", 1_000), ("full", 0)):
            place = Path(folder) / name
            place.mkdir()
            file = SqliteFile(place / "store.db")
            documents = SqliteDocuments(file, clock=StoppedClock(NOON), indexes=INDEXES)
            PutMatching(documents)(draft, matching_id="all", caller=INA, now=NOON, if_match=None)
            built.append(House(documents, place / "matching", full_after))
            files.append(file)
        yield built[0], built[1]
        for file in files:
            file.close()


values = st.fixed_dictionaries(
    {
        "first_name": st.sampled_from(["Ada", "Ida", "Anna", "Hanna", "Ana"]),
        "last_name": st.sampled_from(["O'Brien", "Osei", "OBRIEN"]),
        "birth_date": st.sampled_from(["1990-01-02", "1990-01-03", "1961-05-13", ""]),
        "phone": st.sampled_from(["1", "2", ""]),
        "postcode": st.sampled_from(["LS1 4AP", "M1 1AA", ""]),
        "address": st.sampled_from(["1 Mill Lane", "2 Mill Lane"]),
        "identifier": st.sampled_from(["7", "8", "", ""]),
    }
).map(lambda given: {name: value for name, value in given.items() if value})
refs = st.builds(
    RecordRef, st.sampled_from(["hospital", "clinic", "portal", "registry"]), st.sampled_from("1234")
)
records = st.builds(SourceRecord, refs, values)
days = st.lists(
    st.tuples(st.lists(records, max_size=3), st.lists(refs, max_size=2), st.integers(0, 5)),
    min_size=2,
    max_size=4,
)


@settings(max_examples=6, deadline=None)  # each example opens stores of its own
@given(st.sampled_from([DRAFT, BY_KEY]), st.lists(records, min_size=4, max_size=12), days)
def test_after_any_history_everybody_is_who_a_full_run_says(
    draft: MatchingDraft,
    first: Sequence[SourceRecord],
    history: Sequence[tuple[Sequence[SourceRecord], Sequence[RecordRef], int]],
) -> None:
    check(draft, first, history)


def check(draft: MatchingDraft, first: Any, history: Any) -> None:
    rows: dict[RecordRef, SourceRecord] = {one.ref: one for one in first}
    with houses(draft) as (incremental, full):
        assert told(incremental.run(rows, "day-0")) == told(full.run(rows, "day-0"))
        for number, (written, gone, reviewed) in enumerate(history, start=1):
            rows = rows | {one.ref: one for one in written}
            rows = {ref: row for ref, row in rows.items() if ref not in gone}
            if (asked := a_review(full, reviewed)) is not None:
                incremental.review(asked, number)
                full.review(asked, number)
            mine, theirs = incremental.run(rows, f"day-{number}"), full.run(rows, f"day-{number}")

            assert (mine.kind, theirs.kind) == ("incremental", "full")
            assert incremental.seen() == full.seen()
            assert told(mine) == told(theirs)


def test_a_name_that_becomes_well_known_joins_whom_it_kept_apart() -> None:
    """Nothing else of the two has changed: Zoltn is a slip once twenty are called Zoltan (decision 33)."""
    others = [
        record("hospital", f"9{number:02}", {"first_name": "Zoltan", "last_name": f"Name{number}"})
        for number in range(WELL_KNOWN - 1)
    ]
    pair = [record("hospital", "1", first_name="Zoltan"), record("clinic", "2", first_name="Zoltn")]
    rows = {one.ref: one for one in (*others[1:], *pair)}
    with houses(DRAFT) as (incremental, full):
        for house in (incremental, full):
            house.run(rows, "day-0")
        apart = persons_with(incremental, pair[0].ref)
        rows |= {others[0].ref: others[0]}
        joined_by = incremental.run(rows, "day-1")
        full.run(rows, "day-1")
        together = persons_with(incremental, pair[0].ref)
        rows = {ref: row for ref, row in rows.items() if ref != others[0].ref}
        incremental.run(rows, "day-2")
        full.run(rows, "day-2")

        assert (apart, together) == ([(pair[0].ref,)], [(pair[0].ref, pair[1].ref)])
        assert (joined_by.kind, joined_by.compared) == ("incremental", 1)
        assert persons_with(incremental, pair[0].ref) == apart
        assert incremental.seen() == full.seen()


def persons_with(house: House, ref: RecordRef) -> list[tuple[RecordRef, ...]]:
    everybody = (found.body for one in STANDINGS[:2] for found in persons_of(house.documents, "all", one))
    return [tuple(sorted(one.refs, reverse=True)) for one in everybody if ref in one.refs]


class TestAnIncrementalRun:
    @pytest.mark.parametrize("stopped_after", [0, 1, 2])
    def test_that_is_stopped_while_it_writes_compares_all_and_comes_to_the_same(
        self, tmp_path: Path, stopped_after: int
    ) -> None:
        file = SqliteFile(tmp_path / "store.db")
        documents = Stopping(file, clock=StoppedClock(NOON), indexes=INDEXES)
        PutMatching(documents)(BY_USUAL_RULES, matching_id="all", caller=INA, now=NOON, if_match=None)
        house = House(documents, tmp_path / "matching", 1_000)
        first, then = ({one.ref: one for one in rows} for rows in (FIRST, THEN))
        with houses(BY_USUAL_RULES) as (undisturbed, _):
            for one in (undisturbed, house):
                one.run(first, "monday")
            expected = undisturbed.run(then, "tuesday")
            documents.left = stopped_after
            with suppress(TransientFault):
                house.run(then, "tuesday")
            documents.left = 1_000

            run = house.run(then, "tuesday")
            after = house.run(then, "wednesday")

            assert house.seen() == undisturbed.seen()
        assert (expected.kind, run.kind, run.because) == ("incremental", "full", "stopped_while_writing")
        assert (after.kind, after.changed) == ("incremental", 0)
        file.close()

    def test_is_followed_by_a_full_one_after_so_many(self) -> None:
        rows = {one.ref: one for one in FIRST}
        with houses(DRAFT) as (house, _):
            twice = replace(house, full_after=2)
            runs = [twice.run(rows, f"day-{number}") for number in range(5)]

        told = [one.because if one.kind == "full" else one.kind for one in runs]
        assert told == [
            "no_run_before", "incremental", "incremental", "many_incremental", "incremental",
        ]  # fmt: skip

    def test_is_a_full_one_where_what_was_compared_has_gone_or_is_not_all_there(self) -> None:
        rows = {one.ref: one for one in FIRST}
        with houses(DRAFT) as (house, _):
            house.run(rows, "day-0")
            (pairs,) = house.folder.glob("compared/*/*/pairs.parquet")
            pairs.unlink()
            lost = house.run(rows, "day-1")
            (kept,) = house.folder.glob("compared/*/*")

            last = last_run_of(house.documents, "all")

        assert (lost.kind, lost.because) == ("full", "nothing_kept")
        assert last is not None
        assert last.body.comparison == f"{kept.parent.name}/{kept.name}"

    def test_writes_nobody_whom_nothing_has_to_do_with(self) -> None:
        rows = {one.ref: one for one in FIRST}
        with houses(DRAFT) as (house, _):
            house.run(rows, "day-0")
            bobs = replace(FIRST[3], values={**FIRST[3].values, "email": "bob@example.org"})

            run = house.run(rows | {bobs.ref: bobs}, "day-1")

        assert (run.compared, run.changed) == (1, 1)
        assert run.looked_at < run.persons

    def test_of_another_way_of_spelling_is_known_by_its_edition(self) -> None:
        """What the last run spelt is not spelt again: whoever changes how raises `EDITION` and this."""
        files = ("address_words", "names", "normalising", "rules_in_sql", "usual_rules")
        content = "".join(Path(f"shared/matching/{name}.py").read_text() for name in files)

        assert (EDITION, hashlib.sha256(content.encode()).hexdigest()[:16]) == (1, "027abf673448359e")


class Meanwhile(SqliteDocuments, RecordSources):
    """A store, and sources, of a house where something happens once while a run reads, or while it writes."""

    rows: Sequence[SourceRecord] = FIRST
    happens: dict[str, Callable[[], None]]

    def records(self, source: Source) -> Iterator[SourceRecord]:
        self._reach("reads")
        return Lists(self.rows).records(source)

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:
        self._reach("writes")
        return super().commit_many(commits)

    def _reach(self, station: str) -> None:
        if station in self.happens:
            self.happens.pop(station)()


class Dropping(ParquetComparisons):
    """After which something happens at once."""

    then: Callable[[], object]

    def drop_all(self, matching: str) -> None:
        super().drop_all(matching)
        self.then()


class TestAnErasureWhileARunGoesOn:
    @pytest.fixture
    def house(self, tmp_path: Path) -> Generator[Meanwhile]:
        file = SqliteFile(tmp_path / "store.db")
        documents = Meanwhile(file, clock=StoppedClock(NOON), indexes=INDEXES)
        documents.happens = {}
        PutMatching(documents)(BY_USUAL_RULES, matching_id="all", caller=INA, now=NOON, if_match=None)
        yield documents
        file.close()

    @pytest.mark.parametrize("station", ["reads", "writes"])
    def test_on_another_machine_lets_it_keep_nothing_of_what_it_compared(
        self, house: Meanwhile, tmp_path: Path, station: str
    ) -> None:
        erase = ForgetComparisons(house, ParquetComparisons(tmp_path / "another"))
        run = runs_in(house, tmp_path / "matching")
        run("monday")
        house.rows, house.happens = THEN, {station: lambda: erase(["all"])}
        disturbed = run("tuesday")
        left = list(tmp_path.glob("matching/compared/*/*"))
        followed, after = run("wednesday"), run("thursday")

        assert (house.happens, disturbed.state, left) == ({}, "done", [])
        assert (followed.because, followed.changed, after.kind) == ("nothing_kept", 0, "incremental")

    def test_leaves_nothing_that_the_last_run_does_not_name(self, house: Meanwhile, tmp_path: Path) -> None:
        comparisons = Dropping(tmp_path / "matching")
        run = runs_in(house, tmp_path / "matching")
        run("monday")
        comparisons.then = lambda: run("tuesday")
        ForgetComparisons(house, comparisons)(["all"])
        last = last_run_of(house, "all")

        assert last is not None
        assert [f"{one.parent.name}/{one.name}" for one in tmp_path.glob("matching/compared/*/*")] == [
            last.body.comparison
        ]

    def test_on_this_machine_lets_it_begin_anew(self, house: Meanwhile, tmp_path: Path) -> None:
        erase = ForgetComparisons(house, ParquetComparisons(tmp_path / "matching"))
        run = runs_in(house, tmp_path / "matching")
        house.happens = {"writes": lambda: erase(["all"])}
        with pytest.raises(TransientFault):
            run("monday")
        begun_anew, after = run("monday"), run("tuesday")

        assert (begun_anew.because, after.kind) == ("stopped_while_writing", "incremental")


def runs_in(house: Meanwhile, folder: Path) -> Callable[[str], Run]:
    act = run_matching(house, house, folder)

    def run(named: str) -> Run:
        StartMatchingRun(house)(RunAsked(), matching_id="all", run_id=named, caller=INA, now=NOON)
        act(matching_id="all", run_id=named, now=NOON)
        return run_at(house, "all", named).body

    return run


def told(run: Run) -> Any:
    return run.persons, run.of_several_records, run.proposals, run.rules, run.sources


def a_review(house: House, nth: int) -> ReviewAsked | None:
    """Give what a reviewer could say of the persons there are, now and then."""
    there = [
        found.body for standing in STANDINGS[:2] for found in persons_of(house.documents, "all", standing)
    ]
    if nth == 1 and len(there) > 1:
        return ReviewAsked("same", (there[0].id, there[-1].id), "Seen together")
    if nth == 2 and there and len(there[0].records) > 1:
        return ReviewAsked("different", (there[0].id,), "Seen apart", there[0].refs[:1])
    return None
