"""Bringing folders of FHIR NDJSON into the embedded record, and adding what Synthea lacks."""

import gzip
import io
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import phonenumbers
import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from local.load import Counts, import_folder, load_folder, main
from local.overlay import Overlay, bookable, consents_for, with_contact_points
from local.progress import Progress
from local.sample.__main__ import main as make_sample
from local.sample.timetable import Timetable
from shared.adapters.import_progress import Reached
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Resource, SearchParameters, Write
from shared.fhir.resource_types import R4_TYPES
from shared.kernel.clock import StoppedClock
from shared.kernel.refusals import Gone
from tests.support.reference_data import reference_data
from tests.support.served_files import Served, serving
from tests.support.tree import ROOT

SPRING = date(2021, 4, 1)
Load = Callable[..., Counts]


@pytest.fixture
def record(tmp_path: Path) -> Generator[SqliteRecord]:
    record = SqliteRecord(tmp_path / "record.db", clock=StoppedClock(datetime(2021, 4, 1, tzinfo=UTC)))
    yield record
    record.close()


@pytest.fixture
def load(record: SqliteRecord) -> Load:
    def load(folder: Path, *, overlay: bool = False, said: io.StringIO | None = None) -> Counts:
        progress = Progress("resources", stream=said or io.StringIO())
        return load_folder(folder, record, overlay=overlay, progress=progress, as_of=SPRING)

    return load


@pytest.fixture
def served() -> Generator[Served]:
    with serving() as served:
        yield served


class TestLoading:
    def test_takes_files_packed_or_not_here_and_below(
        self, tmp_path: Path, load: Load, record: SqliteRecord
    ) -> None:
        folder = a_folder(tmp_path, {"Encounter.ndjson": lines(a_visit("v1"))})
        (folder / "below" / "deep").mkdir(parents=True)
        (folder / "below" / "deep" / "Patient.ndjson.gz").write_bytes(gzip.compress(lines(ada())))
        (folder / "notes.txt").write_text("no resource")

        counts = load(folder)

        assert counts == Counts({"Encounter": 1, "Patient": 1}, {}, written=2, bad=0)
        assert record.read("Patient", "ada")["name"] == ada()["name"]
        assert record.read("Encounter", "v1")["subject"] == {"reference": "Patient/ada"}

    def test_starts_nothing(self, tmp_path: Path, load: Load, record: SqliteRecord) -> None:
        load(a_folder(tmp_path, {"Patient.ndjson": lines(ada())}), overlay=True)

        assert list(record.events(0, 10)) == []

    def test_changes_nothing_the_second_time(self, tmp_path: Path, load: Load, record: SqliteRecord) -> None:
        make_sample(["--patients", "40", "--out", str(tmp_path / "sample")])

        first = load(tmp_path / "sample")
        again = load(tmp_path / "sample")

        assert first.written == first.total > 40 * 10
        assert (again.read, again.written) == (first.read, 0)
        assert record.read("Patient", "p1-0000000")["meta"]["versionId"] == "1"

    def test_finds_what_the_manifest_of_our_own_sample_says(self, tmp_path: Path, load: Load) -> None:
        make_sample(["--patients", "25", "--out", str(tmp_path / "sample"), "--gzip"])

        counts = load(tmp_path / "sample")

        assert counts.read == counted_in(tmp_path / "sample" / "MANIFEST.json")

    def test_finds_what_the_manifests_of_real_data_say(self, load: Load) -> None:
        synthea = reference_data() / "synthea"

        first = load(synthea, overlay=True)
        again = load(synthea, overlay=True)

        manifests = counted_in(synthea / "MANIFEST.json") + counted_in(
            synthea / "directory" / "MANIFEST.json"
        )
        assert first.read == manifests + Counter(Appointment=640)
        assert first.added == {"Consent": 171 * 4, "Schedule": 352, "Slot": first.added["Slot"]}
        assert first.written == first.total
        assert (again.read, again.added, again.written) == (first.read, {}, 0)


class TestAManifest:
    def test_is_agreed_with(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        make_sample(["--patients", "3", "--out", str(tmp_path / "sample"), "--gzip"])

        assert main([str(tmp_path / "sample"), "--data", str(tmp_path / "data")]) == 0

        held = counted_in(tmp_path / "sample" / "MANIFEST.json").total()
        assert f"as said in MANIFEST.json: {held:,} resources" in capsys.readouterr().out

    def test_that_says_otherwise_makes_the_command_fail(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = a_folder(tmp_path, {"Patient.ndjson": lines(ada())})
        (folder / "MANIFEST.json").write_text(
            '{"resources": {"Patient": {"count": 2}, "Slot": {"count": 1}}}'
        )

        assert main([str(folder), "--data", str(tmp_path / "data")]) == 1

        told = capsys.readouterr().err
        assert "MANIFEST.json: 2 Patient, of which 1 were read" in told
        assert "MANIFEST.json: 1 Slot, of which 0 were read" in told


class TestTheRefreshAfterwards:
    """Nobody who was imported is found before one; that it is carried out, `TestTheRefresh` shows (UN-17)."""

    def test_is_asked_for_once_for_what_was_new(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asked = [str(a_folder(tmp_path, {"Patient.ndjson": lines(ada())})), "--data", str(tmp_path / "data")]

        assert (main(asked), "GET /api/refreshes shows how far" in capsys.readouterr().out) == (0, True)
        assert (main(asked), "refresh" in capsys.readouterr().out) == (0, False)

    def test_that_is_under_way_is_told_of(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for one in (ada(), grace()):
            folder = a_folder(tmp_path / one["id"], {"all.ndjson": lines(one)})
            assert main([str(folder), "--data", str(tmp_path / "data")]) == 0

        assert "POST /api/refreshes begins another" in capsys.readouterr().out


class TestBesideWhatIsWrittenLive:
    """An import is history: whatever is older never takes the place of what is newer (decision 29)."""

    @pytest.mark.parametrize(
        ("told", "wins"),
        [
            ({}, "live"),
            ({"lastUpdated": "2021-03-31T23:59:59Z"}, "live"),
            ({"lastUpdated": "2021-04-01T00:00:01Z"}, "file"),
            ({"lastUpdated": "yesterday", "versionId": "99"}, "live"),
        ],
    )
    def test_only_what_says_that_it_is_later_counts(
        self, tmp_path: Path, load: Load, record: SqliteRecord, told: dict[str, str], wins: str
    ) -> None:
        record.transaction([Write("PUT", "Patient", "ada", ada() | {"gender": "other"})])

        load(a_folder(tmp_path, {"Patient.ndjson": lines(ada() | {"meta": told})}))

        assert record.read("Patient", "ada")["gender"] == {"live": "other", "file": "female"}[wins]

    def test_what_was_deleted_stays_so(self, tmp_path: Path, load: Load, record: SqliteRecord) -> None:
        folder = a_folder(tmp_path, {"Patient.ndjson": lines(ada())})
        load(folder)
        record.transaction([Write("DELETE", "Patient", "ada")])

        assert load(folder).written == 0
        with pytest.raises(Gone):
            record.read("Patient", "ada")

    def test_what_was_changed_since_it_was_loaded_stays_so(
        self, tmp_path: Path, load: Load, record: SqliteRecord
    ) -> None:
        folder = a_folder(tmp_path, {"Patient.ndjson": lines(ada() | {"meta": {"versionId": "7"}})})
        load(folder)
        record.transaction([Write("PUT", "Patient", "ada", ada() | {"gender": "other"})])

        assert load(folder).written == 0
        assert record.read("Patient", "ada")["gender"] == "other"

    @given(st.permutations([1, 2, 2, 3, 10]))
    @settings(max_examples=10, deadline=None)
    def test_the_greatest_version_of_an_export_counts(self, order: list[int]) -> None:
        versions = [ada() | {"meta": {"versionId": str(n)}, "gender": f"g{n}"} for n in order]
        with TemporaryDirectory() as folder:
            record = SqliteRecord(
                Path(folder) / "record.db", clock=StoppedClock(datetime(2021, 4, 1, tzinfo=UTC))
            )

            record.load(versions, batch=2)

            assert record.read("Patient", "ada")["gender"] == "g10"
            record.close()


class TestALoadThatIsCutOff:
    def test_goes_on_where_it_was(self, tmp_path: Path) -> None:
        """Killed by SIGKILL between two commits, then loaded again: the same as if nothing had happened."""
        make_sample(["--patients", "60", "--out", str(tmp_path / "sample"), "--gzip"])
        (tmp_path / "sample" / "Bad.ndjson").write_bytes(b"Ada, 07700 900123\n")
        whole, cut = tmp_path / "whole", tmp_path / "cut"
        command = [sys.executable, "-m", "tests.support.load_to_kill", str(tmp_path / "sample"), str(cut)]

        killed = subprocess.run(command, check=False, capture_output=True, cwd=ROOT)  # our own
        before = held_in(cut)
        first = main([str(tmp_path / "sample"), "--data", str(whole)])
        again = main([str(tmp_path / "sample"), "--data", str(cut)])

        assert killed.returncode == -signal.SIGKILL
        assert 0 < len(before) < len(held_in(whole))
        assert first == again == 1, "the bad line is told of, in whichever part it was"
        assert held_in(cut) == held_in(whole)
        with closing(
            SqliteRecord(cut / "record.db", clock=StoppedClock(datetime(2021, 4, 1, tzinfo=UTC)))
        ) as record:
            assert record.reached() == {}

    def test_counts_what_was_read_before(self, tmp_path: Path, record: SqliteRecord) -> None:
        folder = a_folder(
            tmp_path, {"Patient.ndjson": b"no\n" + lines(*(ada() | {"id": f"a{n}"} for n in range(9)))}
        )
        cut_off = CutOff(record, after=2)
        with pytest.raises(PowerCut):
            import_folder(folder, cut_off, progress=Progress("resources", stream=io.StringIO()))
        said = io.StringIO()

        counts = import_folder(folder, record, progress=Progress("resources", stream=said))

        assert (counts.read, counts.written, counts.bad) == ({"Patient": 9}, 9 - 4, 1)
        assert "line" not in said.getvalue(), "what was told before is not told again"

    def test_begins_a_file_anew_that_is_another_now(self, tmp_path: Path, record: SqliteRecord) -> None:
        people = [ada() | {"id": f"a{n}"} for n in range(9)]
        folder = a_folder(tmp_path, {"Patient.ndjson": lines(*people)})
        with pytest.raises(PowerCut):
            import_folder(
                folder, CutOff(record, after=2), progress=Progress("resources", stream=io.StringIO())
            )
        (folder / "Patient.ndjson").write_bytes(lines(ada() | {"id": "new"}, *people))

        counts = import_folder(folder, record, progress=Progress("resources", stream=io.StringIO()))

        assert (counts.read, counts.written) == ({"Patient": 10}, 6)


class TestAnExport:
    def test_is_fetched_loaded_and_not_kept(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], served: Served
    ) -> None:
        served["/Patient-1.ndjson"] = lines(ada())
        served["/Patient-2.ndjson"] = lines(ada() | {"id": "bob"})
        served["/manifest"] = a_manifest(served, ("Patient", 1), ("Patient", 1), error=[{"url": "x"}])

        status = main(
            [f"{served.url}/manifest", "--data", str(tmp_path / "data"), "--token-file", a_token(tmp_path)]
        )

        told = capsys.readouterr()
        assert (status, served.tokens) == (0, {"Bearer let-me-in"})
        assert "as said in MANIFEST.json: 2 resources" in told.out
        assert "1 files under 'error', which are not loaded" in told.err
        assert list((tmp_path / "data" / "import").iterdir()) == []

    def test_that_is_cut_short_is_told_and_fetched_again(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], served: Served
    ) -> None:
        served["/Patient-1.ndjson"] = lines(ada())
        served["/manifest"] = a_manifest(served, ("Patient", 1), ("Slot", 1))
        asked = [f"{served.url}/manifest", "--data", str(tmp_path / "data")]

        assert main(asked) == 2
        assert "00002-Slot.ndjson could not be fetched" in capsys.readouterr().err
        served["/Slot-2.ndjson"] = lines({"resourceType": "Slot", "id": "s1"})
        del served["/Patient-1.ndjson"]

        assert main(asked) == 0

    @pytest.mark.parametrize(
        "manifest",
        [
            b"[]",
            b"<Bundle/>",
            b'{"output": [{"type": "Patient"}]}',
            b'{"output": [{"type": "../Patient", "url": "https://x.example"}]}',
            b'{"output": [{"type": "Patient", "url": "http://x.example/p.ndjson"}]}',
            b'{"output": [{"type": "Patient", "url": "file:///etc/passwd"}]}',
        ],
    )
    def test_is_refused_where_it_is_none_or_could_be_listened_to(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], manifest: bytes
    ) -> None:
        (tmp_path / "manifest.json").write_bytes(manifest)

        assert main([str(tmp_path / "manifest.json"), "--data", str(tmp_path / "data")]) == 2
        assert "cannot be loaded" in capsys.readouterr().err


class TestALineThatIsNoResource:
    @pytest.mark.parametrize(
        "line",
        [
            b"{",
            b"07700 900123",
            b'["07700 900123"]',
            b'{"resourceType": "Patient", "telecom": [{"value": "07700 900123"}]}',
            b'{"id": "07700-900123"}',
            b'{"resourceType": 7, "id": "07700-900123"}',
            b'{"resourceType": "Patient", "id": "07700 900123"}',
            b'{"resourceType": "Patient", "id": "ada", "note": "07700 900123\xff"}',
            b'{"resourceType": "Patient", "id": "ada", "meta": ["07700 900123"]}',
        ],
    )
    def test_is_named_never_shown_and_passed_over(
        self, tmp_path: Path, load: Load, record: SqliteRecord, line: bytes
    ) -> None:
        folder = a_folder(tmp_path, {"Patient.ndjson": b"\n" + line + b"\n" + lines(ada())})
        said = io.StringIO()

        counts = load(folder, overlay=True, said=said)

        assert counts.bad == 1
        assert "Patient.ndjson, line 2:" in said.getvalue()
        assert "900123" not in said.getvalue()
        assert record.read("Patient", "ada")["gender"] == "female"

    def test_may_be_where_a_packed_file_breaks_off(self, tmp_path: Path, load: Load) -> None:
        whole = gzip.compress(lines(*(ada() | {"id": f"ada-{number}"} for number in range(2_000))))
        folder = a_folder(
            tmp_path, {"A.ndjson.gz": whole[:-40], "B.ndjson": lines(ada()), "C.ndjson.gz": b"no"}
        )
        said = io.StringIO()

        counts = load(folder, said=said)

        assert counts.bad == 2
        assert 1_000 < counts.read["Patient"] <= 2_000
        assert "A.ndjson.gz, line" in said.getvalue()
        assert "C.ndjson.gz, line 1:" in said.getvalue()

    def test_makes_the_command_fail_after_loading_the_rest(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        good = a_folder(tmp_path / "good", {"Patient.ndjson": lines(ada())})
        bad = a_folder(tmp_path / "bad", {"Patient.ndjson": b"Ada, 07700 900123\n" + lines(ada())})

        assert main([str(good), "--data", str(tmp_path / "data")]) == 0
        assert main([str(bad), "--data", str(tmp_path / "other")]) == 1

        told = capsys.readouterr()
        assert "Patient.ndjson, line 1: " in told.err
        assert "900123" not in told.err + told.out
        assert (tmp_path / "data" / "record.db").exists()

    def test_is_not_looked_for_where_there_is_no_folder(self, tmp_path: Path) -> None:
        assert main([str(tmp_path / "nowhere"), "--data", str(tmp_path / "data")]) == 2
        assert not (tmp_path / "data").exists()


class TestTheOverlay:
    def test_adds_a_mobile_telephone_and_mail_behind_what_cannot_be_rung(self) -> None:
        synthetic = ada() | {"telecom": [{"system": "phone", "value": "555-204-8211", "use": "home"}]}

        reachable = with_contact_points(synthetic)

        home, mobile, mail = reachable["telecom"]
        assert home == synthetic["telecom"][0]
        assert (mobile["system"], mobile["use"], mobile["rank"]) == ("phone", "mobile", 1)
        assert mobile["value"].startswith("+1")
        assert mobile["value"][5:10] == "55501"
        assert mail["value"].endswith("@example.org")
        assert {key for key in reachable if reachable[key] != synthetic[key]} == {"telecom"}

    def test_gives_possible_numbers_and_the_same_ones_every_time(self) -> None:
        people = [ada() | {"id": f"ada-{number}"} for number in range(300)]

        numbers = [with_contact_points(person)["telecom"][0]["value"] for person in people]

        assert numbers == [with_contact_points(person)["telecom"][0]["value"] for person in people]
        assert all(phonenumbers.is_possible_number(phonenumbers.parse(number)) for number in numbers)
        assert len(set(numbers)) > 290

    @pytest.mark.parametrize(
        "telecom",
        [
            [
                {"system": "phone", "value": "+44 7700 900123"},
                {"system": "email", "value": "ada@example.org"},
            ],
            [{"system": "sms", "value": "07700 900123"}, {"system": "email", "value": "ada@example.org"}],
        ],
    )
    def test_leaves_people_alone_who_can_be_reached(self, telecom: list[Resource]) -> None:
        british = ada() | {"telecom": telecom, "address": [{"country": "GB"}]}

        assert with_contact_points(british) == british

    def test_goes_on_beside_contact_points_that_make_no_sense(self) -> None:
        broken: list[Resource] = [{"system": ["phone"], "value": {}}, {"system": "phone", "value": "+"}]

        reachable = with_contact_points(ada() | {"telecom": broken, "address": "nowhere"})

        assert reachable["telecom"][:2] == broken
        assert [point["system"] for point in reachable["telecom"][2:]] == ["phone", "email"]

    def test_touches_no_clinical_fact(self) -> None:
        facts = [a_visit("v1"), {"resourceType": "Observation", "id": "o1", "telecom": "not one"}]

        passed = list(Overlay(SPRING).over([*facts, ada()]))

        assert passed[:-1] == facts

    def test_lets_most_people_be_written_to_and_a_few_not(self) -> None:
        said = Counter(
            (one["provision"]["code"][0]["coding"][0]["code"], purpose["code"], one["provision"]["type"])
            for number in range(1_000)
            for one in consents_for(f"patient-{number}")
            for purpose in one["provision"]["purpose"]
        )

        for channel in ("sms", "email"):
            assert 870 < said[channel, "HMARKT", "permit"] < 930
            assert 930 < said[channel, "CAREMGT", "permit"] < 970
            assert 0 < said[channel, "CAREMGT", "deny"] < said[channel, "HMARKT", "deny"]

    def test_opens_slots_in_the_practitioners_own_time(self) -> None:
        (schedule, *slots) = bookable("grace", Timetable("America/New_York", date(2021, 3, 12)))

        assert schedule["actor"] == [{"reference": "Practitioner/grace"}]
        assert {slot["schedule"]["reference"] for slot in slots} == {f"Schedule/{schedule['id']}"}
        assert {slot["start"][-6:] for slot in slots if slot["start"] < "2021-03-13"} == {"-05:00"}
        assert {slot["start"][-6:] for slot in slots if slot["start"] > "2021-03-14"} == {"-04:00"}

    def test_adds_only_valid_resources(self) -> None:
        overlay = Overlay(SPRING)
        passed = list(overlay.over([ada(), grace()]))
        added = list(overlay.missing())

        kinds = Counter(validated(one) for one in [*passed, *added])

        assert set(kinds) == {"Patient", "Practitioner", "Consent", "Schedule", "Slot"}

    def test_adds_no_consent_and_no_slots_to_those_who_have_some(self) -> None:
        overlay = Overlay(SPRING)
        has_spoken = {
            "resourceType": "Consent",
            "id": "c",
            "patient": {"reference": "https://x.example/Patient/ada"},
        }
        is_open = {"resourceType": "Schedule", "id": "s", "actor": [{"reference": "Practitioner/grace"}]}

        list(overlay.over([has_spoken, ada(), grace(), is_open]))

        assert list(overlay.missing()) == []

    def test_does_not_free_a_slot_that_has_been_booked_since(
        self, tmp_path: Path, load: Load, record: SqliteRecord
    ) -> None:
        folder = a_folder(tmp_path, {"Practitioner.ndjson": lines(grace())})
        load(folder, overlay=True)
        slot = record.search("Slot", SearchParameters([("status", "free")])).matches[0]
        record.transaction([Write("PUT", "Slot", slot["id"], slot | {"status": "busy"}, if_match=1)])

        again = load(folder, overlay=True)

        assert again.written == 0
        assert record.read("Slot", slot["id"])["status"] == "busy"


class TestProgress:
    def test_stays_quiet_for_five_seconds_where_nobody_watches(self) -> None:
        said, seconds = io.StringIO(), iter([0.0, 4.9, 5.1, 6.0, 20.0])
        progress = Progress("patients", stream=said, stopwatch=lambda: next(seconds))

        progress.at(1_000, 0.25)
        assert said.getvalue() == ""
        progress.at(1_020, 0.255)
        progress.at(1_200, 0.3)
        progress.finish(4_000)

        assert said.getvalue() == (
            "1,020 patients, 26%, 200 a second, 15 s to go\n4,000 patients in 20.0 s (200 a second)\n"
        )


class PowerCut(BaseException):
    """The process has ended."""


@dataclass
class CutOff:
    """The record, in commits of two, of which only some come about."""

    record: SqliteRecord
    after: int

    def load(self, resources: Iterable[Resource], *, reached: Callable[[], Sequence[Reached]]) -> int:
        return self.record.load(self._some(resources), batch=2, reached=reached)

    def _some(self, resources: Iterable[Resource]) -> Iterator[Resource]:
        for number, resource in enumerate(resources):
            if number == 2 * self.after:
                raise PowerCut
            yield resource

    def reached(self) -> Mapping[str, Reached]:
        return self.record.reached()

    def forget_reached(self) -> None:
        self.record.forget_reached()


def a_manifest(served: Served, *outputs: tuple[str, int], **more: Any) -> bytes:
    listed = [
        {"type": kind, "url": f"{served.url}/{kind}-{number}.ndjson", "count": count}
        for number, (kind, count) in enumerate(outputs, start=1)
    ]
    return orjson.dumps({"transactionTime": "2021-04-01T00:00:00Z", "output": listed, **more})


def a_token(folder: Path) -> str:
    (folder / "token").write_text("let-me-in\n")
    return str(folder / "token")


def held_in(folder: Path) -> dict[tuple[str, str], bytes]:
    """Give everything in a record, and its version, but not when it was written."""
    with closing(
        SqliteRecord(folder / "record.db", clock=StoppedClock(datetime(2021, 4, 1, tzinfo=UTC)))
    ) as record:
        everything = record.changes(None, types=sorted(R4_TYPES), limit=1_000_000).resources
    return {
        (one["resourceType"], one["id"]): orjson.dumps(
            {**one, "meta": {**one["meta"], "lastUpdated": ""}}, option=orjson.OPT_SORT_KEYS
        )
        for one in everything
    }


def ada() -> Resource:
    return {
        "resourceType": "Patient",
        "id": "ada",
        "name": [{"family": "O'Byrne", "given": ["Ada"]}],
        "gender": "female",
        "telecom": [],
    }


def grace() -> Resource:
    return {"resourceType": "Practitioner", "id": "grace", "name": [{"family": "Hopper"}]}


def a_visit(identity: str) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": identity,
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/ada"},
    }


def a_folder(where: Path, files: dict[str, bytes]) -> Path:
    folder = where / "ndjson"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def lines(*resources: dict[str, Any]) -> bytes:
    return b"".join(orjson.dumps(resource) + b"\n" for resource in resources)


def counted_in(manifest: Path) -> Counter[str]:
    held = orjson.loads(manifest.read_bytes())["resources"]
    return Counter({kind: entry["count"] for kind, entry in held.items()})


def validated(resource: Resource) -> str:
    empty = {key: value for key, value in resource.items() if value != []}
    return type(get_fhir_model_class(resource["resourceType"]).model_validate(empty)).__name__
