"""What every `Comparisons` promises: taken up as left, whole or not at all, gone when dropped (UN-1).

For blobs Azurite is the judge, and each machine has a folder of its own.
"""

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from shared.adapters.blob_comparisons import LEFT_BEHIND_SECONDS, BlobComparisonFiles, BlobComparisons
from shared.adapters.blob_lake import BlobLake
from shared.adapters.comparison_files import FILES, ComparisonFiles, FolderComparisonFiles
from shared.adapters.parquet_comparisons import ParquetComparisons
from shared.adapters.parquet_listing import COMPARED
from shared.adapters.splink_matching import SplinkMatching
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.kernel.clock import StoppedClock, SystemClock
from shared.kernel.identity import RandomIds
from shared.kernel.refusals import TransientFault
from shared.matching.comparing import Preparer, SourceRecord, mark_of, plan_of
from shared.matching.documents import Run, RunAsked, persons_of, run_at
from shared.matching.forget_comparisons import ForgetComparisons
from shared.matching.model import PersonId, RecordRef
from shared.matching.persons import STANDINGS
from shared.matching.ports import Comparisons, Former, Marked, NothingKept, Placed
from shared.matching.put_matching import PutMatching
from shared.matching.start_matching_run import StartMatchingRun
from shared.segments.ports import LakeState
from shared.wiring.composition import Application
from shared.wiring.indexes import INDEXES
from shared.wiring.settings import Settings
from tests.contracts.test_blob_lake import NEVER_AGAIN, Wire, cut_off
from tests.rooms.matching.people import Lists
from tests.rooms.matching.running import run_matching
from tests.rooms.matching.test_runs import BOB, DRAFT, FIRST, INA, NOON, THEN
from tests.support.azurite import ACCOUNT, Container, OwnIdentity
from tests.support.tree import ROOT

EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
PLAN = plan_of(DRAFT)
PREPARER = Preparer(DRAFT, PLAN)
WHOSE = dict(zip((one.ref for one in FIRST), ("ada", "ada", "bob", "bob"), strict=True))
PERSONS = (
    Placed(PersonId("ada"), of_several=True, household_key="LS1", household="h1", id_key="a"),
    Placed(PersonId("bob"), of_several=True, household_key="LS1", household="h1", id_key="b"),
)
FORMER = (Former(PersonId("adah"), (RecordRef("clinic", "2"),), PersonId("ada")),)


@dataclass(frozen=True, slots=True)
class Machine:
    """One that runs matchings, in a folder of its own or in one that all share."""

    folder: Path
    comparisons: Comparisons
    files: ComparisonFiles

    def begin(self, name: str, rows: Sequence[SourceRecord] = FIRST) -> None:
        """Compare, as a run does that is not yet at its end."""
        SplinkMatching(self.folder).link(PLAN, PREPARER.all(rows), also=(), largest=100, keep_as=name)

    def end(self, name: str, rows: Sequence[SourceRecord] = FIRST) -> None:
        self.comparisons.keep(name, marked(rows), PERSONS, FORMER)

    def keep(self, name: str, rows: Sequence[SourceRecord] = FIRST) -> None:
        self.begin(name, rows)
        self.end(name, rows)

    def fresh(self, name: str, rows: Sequence[SourceRecord] = FIRST) -> list[int]:
        with self.comparisons.again(name, marked(rows)) as again:
            return list(again.fresh)

    def here(self) -> list[Path]:
        return [path for path in self.folder.glob("compared/*/*/*") if path.is_file()]


@dataclass(frozen=True, slots=True)
class Place:
    """Where comparisons are kept, and the machines that there are."""

    machine: Callable[[], Machine]
    lose: Callable[[str, str], None]
    """Takes one file of a comparison away."""


@dataclass(frozen=True, slots=True)
class Blobs:
    """A container, and machines that share nothing else."""

    container: Any
    folder: Path
    opened: ExitStack
    machines: list[Machine] = field(default_factory=list[Machine])

    def client(self, **more: Any) -> ContainerClient:
        return self.opened.enter_context(self.container.client(**more))

    def machine(self, *, ahead_by: timedelta = timedelta(), **more: Any) -> Machine:
        folder = self.folder / f"machine-{len(self.machines)}"
        self.machines.append(one := self.machine_in(folder, ahead_by=ahead_by, **more))
        return one

    def machine_in(self, folder: Path, *, ahead_by: timedelta = timedelta(), **more: Any) -> Machine:
        client, clock, ids = self.client(**more), Ahead(ahead_by), RandomIds()
        files = BlobComparisonFiles(client, folder, clock=clock, ids=ids)
        return Machine(folder, BlobComparisons(client, folder, clock=clock, ids=ids), files)

    def names(self) -> list[str]:
        return sorted(self.client().list_blob_names(name_starts_with=COMPARED))

    def lose(self, name: str, file: str) -> None:
        (blob,) = [one for one in self.names() if one.startswith(f"{COMPARED}{name}/") and file in one]
        self.client().delete_blob(blob)


class Ahead(SystemClock):
    """A machine's clock that is ahead of ours."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def real(self) -> Any:
        return super().real() + self._by


@pytest.fixture
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Blobs]:
    with ExitStack() as opened:
        yield Blobs(request.getfixturevalue("container"), tmp_path, opened)


@pytest.fixture(params=["folder", "blobs"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":

        def lose(name: str, file: str) -> None:
            (tmp_path / "compared" / name / f"{file}.parquet").unlink()

        files = FolderComparisonFiles(tmp_path)
        return Place(lambda: Machine(tmp_path, ParquetComparisons(tmp_path), files), lose)
    blobs: Blobs = request.getfixturevalue("blobs")
    return Place(blobs.machine, blobs.lose)


def marked(rows: Sequence[SourceRecord]) -> list[Marked]:
    return [Marked(one.ref, mark_of(one), _whose(one.ref)) for one in rows]


def _whose(ref: RecordRef) -> PersonId | None:
    found = WHOSE.get(ref)
    return PersonId(found) if found else None


class TestComparisons:
    def test_are_taken_up_on_any_machine_as_they_were_left(self, place: Place) -> None:
        place.machine().keep("all/monday")

        machine = place.machine()
        with machine.comparisons.again("all/monday", marked(THEN)) as again:
            again.compare(PLAN, (PREPARER.one(one, THEN[one]) for one in again.fresh))
            touched = again.touch()
            untouched = again.untouched()
            placed = again.keys_of([PersonId("bob")])

        assert machine.comparisons.has("all/monday")
        assert list(again.fresh) == [1, 3, 4]
        assert (list(touched.numbers), list(touched.persons)) == ([0, 1, 2, 3, 4], ["ada", "bob"])
        assert (list(touched.former), untouched) == (["adah"], (0, 0))
        assert list(placed) == [PERSONS[1]]

    def test_are_not_there_before_they_are_kept(self, place: Place) -> None:
        machine = place.machine()
        machine.begin("all/monday")

        assert not machine.comparisons.has("all/monday")
        with pytest.raises(NothingKept):
            machine.fresh("all/monday")

        machine.end("all/monday")

        assert machine.comparisons.has("all/monday")

    @pytest.mark.parametrize("file", FILES)
    def test_of_which_a_part_is_lost_are_none(self, place: Place, file: str) -> None:
        machine = place.machine()
        machine.keep("all/monday")
        place.lose("all/monday", file)

        assert not machine.comparisons.has("all/monday")
        with pytest.raises(NothingKept):
            machine.fresh("all/monday")

    def test_that_are_gone_on_from_are_kept_under_another_name(self, place: Place) -> None:
        place.machine().keep("all/monday")
        with place.machine().comparisons.again("all/monday", marked(THEN)) as again:
            again.compare(PLAN, (PREPARER.one(one, THEN[one]) for one in again.fresh))
            again.touch()
            whose = {0: PersonId("ada"), 1: PersonId("bob"), 2: PersonId("bob"), 3: PersonId("bob")}
            again.keep_as("all/tuesday", whose=whose, persons=PERSONS, former=())
        machine = place.machine()

        assert machine.fresh("all/tuesday", THEN) == []
        assert machine.fresh("all/tuesday", FIRST) == [1, 3]
        assert machine.fresh("all/monday", FIRST) == []

    def test_kept_twice_under_one_name_are_those_of_the_last(self, place: Place) -> None:
        place.machine().keep("all/monday")
        place.machine().keep("all/monday", THEN)

        assert place.machine().fresh("all/monday", THEN) == []

    def test_of_others_are_dropped_and_those_of_other_matchings_stay(self, place: Place) -> None:
        machine = place.machine()
        for name in ("all/monday", "all/tuesday", "all-of-old/monday"):
            machine.keep(name)
        for _ in range(2):
            place.machine().comparisons.drop_others("all/tuesday")

        kept = ("all/tuesday", "all-of-old/monday")
        assert [machine.fresh(name) for name in kept] == [[], []]
        assert not machine.comparisons.has("all/monday")

    def test_of_a_matching_are_all_dropped(self, place: Place) -> None:
        machine = place.machine()
        for name in ("all/monday", "all/tuesday", "all-of-old/monday"):
            machine.keep(name)
        place.lose("all/monday", "values")
        for _ in range(2):
            machine.comparisons.drop_all("all")

        assert [machine.comparisons.has(f"all/{day}") for day in ("monday", "tuesday")] == [False, False]
        assert machine.fresh("all-of-old/monday") == []
        assert all("all-of-old" in str(path) for path in machine.here())

    def test_that_are_dropped_while_a_run_goes_on_make_it_begin_anew(self, place: Place) -> None:
        machine = place.machine()
        machine.begin("all/monday")
        machine.comparisons.drop_all("all")

        with pytest.raises(TransientFault):
            machine.end("all/monday")
        assert (machine.comparisons.has("all/monday"), machine.here()) == (False, [])

    def test_whose_files_are_dropped_at_the_last_moment_are_not_kept(self, place: Place) -> None:
        with pytest.raises(TransientFault):
            place.machine().files.keep("all/monday")


class TestBlobs:
    def test_leave_nothing_on_the_machines_that_ran(self, blobs: Blobs) -> None:
        one, other = blobs.machine(), blobs.machine()
        one.keep("all/monday")
        with other.comparisons.again("all/monday", marked(FIRST)):
            while_it_lasts = len(other.here())

        assert (while_it_lasts, one.here(), other.here()) == (len(FILES), [], [])
        with pytest.raises(ZeroDivisionError), other.comparisons.again("all/monday", marked(FIRST)):
            raise ZeroDivisionError
        assert other.here() == []

    def test_are_none_without_the_manifest_which_is_put_last_and_goes_first(self, blobs: Blobs) -> None:
        wire = Wire(blobs.container)
        machine = blobs.machine(transport=wire, retry_policy=NEVER_AGAIN)
        machine.keep("all/monday")
        written = [asked.rpartition("/")[2] for asked in wire.asked if asked.startswith("PUT ")]
        before = len(wire.asked)
        machine.comparisons.drop_all("all")
        gone = [asked.rpartition("/")[2] for asked in wire.asked[before:] if asked.startswith("DELETE ")]
        files = sorted(f"{file}.parquet" for file in FILES)

        assert (sorted(written[:-1]), written[-1]) == (files, "manifest.json")
        assert (sorted(gone[1:]), gone[0]) == (files, "manifest.json")
        machine.keep("all/monday")
        blobs.lose("all/monday", "manifest")
        assert not machine.comparisons.has("all/monday")
        assert blobs.names()

    def test_that_could_not_be_written_to_the_end_are_none(self, blobs: Blobs) -> None:
        wire = Wire(blobs.container)
        machine = blobs.machine(transport=wire, retry_policy=NEVER_AGAIN)
        machine.begin("all/monday")
        wire.goes_wrong(f"PUT /{COMPARED}all/monday/manifest.json", cut_off)

        with pytest.raises(TransientFault):
            machine.end("all/monday")

        assert (machine.comparisons.has("all/monday"), machine.here()) == (False, [])
        assert len(blobs.names()) == len(FILES)
        machine.keep("all/tuesday")
        machine.comparisons.drop_others("all/tuesday")
        assert all("/tuesday/" in name for name in blobs.names())

    def test_of_two_who_keep_at_once_are_the_one_s_or_the_other_s(self, blobs: Blobs) -> None:
        wire = Wire(blobs.container)
        slow, quick = blobs.machine(transport=wire), blobs.machine()
        for machine, rows in ((slow, FIRST), (quick, THEN)):
            machine.begin("all/monday", rows)

        def overtaken(_: str, send: Callable[[], Any]) -> Any:
            quick.end("all/monday", THEN)
            return send()

        wire.goes_wrong(f"PUT /{COMPARED}all/monday/manifest.json", overtaken)
        slow.end("all/monday", FIRST)
        machine = blobs.machine()

        assert machine.fresh("all/monday", FIRST) == []
        assert machine.fresh("all/monday", THEN) == [1, 3, 4]
        machine.comparisons.drop_others("all/monday")
        assert len(blobs.names()) == len(FILES) + 1
        assert machine.fresh("all/monday", FIRST) == []

    @pytest.mark.parametrize("asked", ["manifest", "pairs"])
    def test_that_are_taken_away_under_a_reader_are_none(self, blobs: Blobs, asked: str) -> None:
        wire = Wire(blobs.container)
        blobs.machine().keep("all/monday")
        (blob,) = [name for name in blobs.names() if asked in name]
        reader, eraser = blobs.machine(transport=wire), blobs.machine()

        def erased(_: str, send: Callable[[], Any]) -> Any:
            eraser.comparisons.drop_all("all")
            return send()

        wire.goes_wrong(f"GET /{blob}", erased)
        with pytest.raises(NothingKept):
            reader.fresh("all/monday")
        assert (reader.here(), blobs.names()) == ([], [])

    def test_that_cannot_be_asked_for_now_are_asked_for_again(self, blobs: Blobs) -> None:
        wire = Wire(blobs.container)
        machine = blobs.machine(transport=wire, retry_policy=NEVER_AGAIN)
        machine.keep("all/monday")
        for act in (
            lambda: machine.comparisons.has("all/monday"),
            lambda: machine.fresh("all/monday"),
            lambda: machine.comparisons.drop_others("all/monday"),
            lambda: machine.comparisons.drop_all("all"),
        ):
            wire.goes_wrong("GET ", cut_off)
            with pytest.raises(TransientFault):
                act()
        assert machine.fresh("all/monday") == []

    def test_take_away_what_runs_that_were_killed_have_left_on_a_machine(self, blobs: Blobs) -> None:
        machine = blobs.machine()
        machine.begin("all/monday")
        machine.begin("other/monday")
        machine.keep("all/tuesday")
        machine.comparisons.drop_others("all/tuesday")
        of_others = machine.here()
        later = blobs.machine_in(machine.folder, ahead_by=timedelta(seconds=LEFT_BEHIND_SECONDS + 60))
        later.fresh("all/tuesday")

        assert {path.parent.parent.name for path in of_others} == {"other"}
        assert machine.here() == []

    def test_stay_when_the_lake_sweeps(self, blobs: Blobs) -> None:
        """They lie in its container, and no list of its own names them."""
        machine = blobs.machine()
        machine.keep("all/monday")
        lake = BlobLake(blobs.client(), blobs.folder / "lake")
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("shared.adapters.blob_lake.LEFT_ALONE_SECONDS", -1.0)
            lake.write([], after=None, state=LakeState("mark"))

        assert machine.fresh("all/monday") == []


class TestRuns:
    """Of a whole matching, each on another machine."""

    @pytest.fixture
    def documents(self, tmp_path: Path) -> Generator[SqliteDocuments]:
        file = SqliteFile(tmp_path / "store.db")
        documents = SqliteDocuments(file, clock=StoppedClock(NOON), indexes=INDEXES)
        PutMatching(documents)(DRAFT, matching_id="all", caller=INA, now=NOON, if_match=None)
        yield documents
        file.close()

    def test_go_on_from_each_other_and_come_to_what_a_full_one_comes_to(
        self, blobs: Blobs, documents: SqliteDocuments
    ) -> None:
        days = {"monday": FIRST, "tuesday": THEN, "wednesday": (*THEN[:4], replace(THEN[4], values=BOB))}
        runs = [run(documents, blobs.machine(), rows, named) for named, rows in days.items()]
        seen = everybody(documents)
        again = run(documents, blobs.machine(), days["wednesday"], "thursday", full=True)

        assert [(one.kind, one.compared) for one in runs] == [
            ("full", 4),
            ("incremental", 3),
            ("incremental", 1),
        ]
        assert (again.kind, again.changed) == ("full", 0)
        assert everybody(documents) == seen
        assert len(blobs.names()) == len(FILES) + 1
        assert [machine.here() for machine in blobs.machines] == [[]] * 4

    def test_compare_all_once_somebody_was_erased_on_any_machine(
        self, blobs: Blobs, documents: SqliteDocuments
    ) -> None:
        run(documents, blobs.machine(), FIRST, "monday")
        for _ in range(2):
            ForgetComparisons(documents, blobs.machine().comparisons)(["all"])
        left = blobs.names()
        tuesday = run(documents, blobs.machine(), THEN, "tuesday")

        assert (left, tuesday.because) == ([], "nothing_kept")
        assert run(documents, blobs.machine(), THEN, "wednesday").kind == "incremental"


class TestTheHouse:
    @pytest.mark.parametrize("lake", ["folder", "blob"])
    def test_keeps_them_where_its_lake_lies(self, container: Container, tmp_path: Path, lake: str) -> None:
        azurite = container.azurite
        values = EXAMPLE | {
            "LAKE": lake,
            "BLOB_ENDPOINT": f"{azurite.address}/{ACCOUNT}",
            "BLOB_LAKE_CONTAINER": container.name,
            "BLOB_SOURCES_CONTAINER": "sources",
            "TRUSTED_CA_FILE": str(azurite.certificates.ca),
        }
        seen: list[bool] = []
        for machine in ("one", "another"):
            house = Application(Settings.read_from(values | {"DATA_FOLDER": str(tmp_path / machine)}))
            house.azure.credential = OwnIdentity()
            seen.append(house.comparisons.has("all/monday"))
            if machine == "one":
                house.link_engine.link(PLAN, PREPARER.all(FIRST), also=(), largest=100, keep_as="all/monday")
                house.comparisons.keep("all/monday", marked(FIRST), PERSONS, FORMER)
                seen.append(house.comparisons.has("all/monday"))
            house.close()

        assert seen == [False, True, lake == "blob"]


def run(
    documents: SqliteDocuments,
    machine: Machine,
    rows: Sequence[SourceRecord],
    named: str,
    *,
    full: bool = False,
) -> Run:
    act = run_matching(documents, Lists(rows), machine.folder, comparisons=machine.comparisons)
    asked = RunAsked(full=full)
    StartMatchingRun(documents)(asked, matching_id="all", run_id=named, caller=INA, now=NOON)
    act(matching_id="all", run_id=named, now=NOON)
    return run_at(documents, "all", named).body


def everybody(documents: SqliteDocuments) -> dict[PersonId, set[RecordRef]]:
    found = (found.body for one in STANDINGS for found in persons_of(documents, "all", one))
    return {person.id: set(person.refs) for person in found}
