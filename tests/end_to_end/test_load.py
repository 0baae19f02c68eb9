"""Bringing folders of FHIR NDJSON into the embedded record, and adding what Synthea lacks."""

import gzip
import io
from collections import Counter
from collections.abc import Callable, Generator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import phonenumbers
import pytest
from fhir.resources.R4B import get_fhir_model_class

from local.load import Counts, load_folder, main
from local.overlay import Overlay, bookable, consents_for, with_contact_points
from local.progress import Progress
from local.sample.__main__ import main as make_sample
from local.sample.timetable import Timetable
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Resource, SearchParameters, Write
from shared.kernel.clock import StoppedClock
from tests.support.reference_data import reference_data

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
