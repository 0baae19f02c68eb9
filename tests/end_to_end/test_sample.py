"""The made-up patients: the same every time, valid R4, and as awkward as real ones."""

import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import orjson
import phonenumbers
import pytest
from fhir.resources.R4B import get_fhir_model_class

from local.sample.__main__ import main
from local.sample.person import World
from local.sample.phones import landline, mobile
from local.sample.population import TYPES, population
from shared.fhir.ports import Resource

PATIENTS = 2_100  # a hundred beyond the first clinics, so that second ones are opened
A_WEEK_BEFORE_WINTER_TIME = date(2026, 10, 19)
Resources = dict[str, list[Resource]]


@pytest.fixture(scope="module")
def made() -> Resources:
    """Everybody once, by type."""
    people = population(World(seed=1, as_of=A_WEEK_BEFORE_WINTER_TIME))
    by_type: Resources = defaultdict(list)
    for number in range(PATIENTS):
        for resource in people.patient(number):
            by_type[resource["resourceType"]].append(resource)
    return by_type


class TestASample:
    def test_is_the_same_to_the_byte_every_time(self, tmp_path: Path) -> None:
        first = written(tmp_path / "first", patients=120)
        again = written(tmp_path / "again", patients=120)

        assert set(first) == {"MANIFEST.json"} | {f"{kind}.ndjson" for kind in TYPES}
        assert first == again

    def test_is_the_same_when_compressed(self, tmp_path: Path) -> None:
        plain = written(tmp_path / "plain", patients=30)
        packed = written(tmp_path / "packed", "--gzip", patients=30)
        again = written(tmp_path / "again", "--gzip", patients=30)

        assert packed == again
        assert gzip.decompress(packed["Patient.ndjson.gz"]) == plain["Patient.ndjson"]

    def test_leaves_no_second_form_of_a_file_behind(self, tmp_path: Path) -> None:
        written(tmp_path, patients=2)

        packed = written(tmp_path, "--gzip", patients=2)

        assert [name for name in packed if name.endswith(".ndjson")] == []

    def test_begins_with_the_smaller_one(self, tmp_path: Path) -> None:
        small = written(tmp_path / "small", patients=90)
        large = written(tmp_path / "large", patients=PATIENTS)

        shorter = [name for name in small if name != "MANIFEST.json" and len(small[name]) < len(large[name])]
        assert len(shorter) == len(TYPES)
        assert all(large[name].startswith(small[name]) for name in shorter)

    def test_has_other_people_for_another_seed(self, tmp_path: Path) -> None:
        ours = written(tmp_path / "ours", patients=40)["Patient.ndjson"]
        others = written(tmp_path / "others", "--seed", "2", patients=40)["Patient.ndjson"]

        assert names_in(ours) != names_in(others)

    def test_counts_what_it_wrote(self, tmp_path: Path) -> None:
        files = written(tmp_path, patients=50)

        manifest = orjson.loads(files["MANIFEST.json"])
        lines = {kind: files[f"{kind}.ndjson"].count(b"\n") for kind in TYPES}
        assert lines["Patient"] == 50
        assert {kind: entry["count"] for kind, entry in manifest["resources"].items()} == lines

    @pytest.mark.parametrize("patients", ["0", "1000001", "many"])
    def test_refuses_a_number_it_cannot_make(self, tmp_path: Path, patients: str) -> None:
        with pytest.raises(SystemExit) as refused:
            main(["--patients", patients, "--out", str(tmp_path / "out")])

        assert refused.value.code == 2
        assert not (tmp_path / "out").exists()


class TestItsResources:
    def test_are_of_every_type_and_named_once(self, made: Resources) -> None:
        assert set(made) == set(TYPES)
        for kind in TYPES:
            assert most_common(resource["id"] for resource in made[kind]) == 1, kind

    def test_refer_only_to_what_is_there(self, made: Resources) -> None:
        there = {f"{kind}/{resource['id']}" for kind in made for resource in made[kind]}

        referred = {name for kind in made for resource in made[kind] for name in references(resource)}

        assert len(referred) > PATIENTS
        assert referred <= there

    @pytest.mark.parametrize("kind", TYPES)
    def test_are_valid(self, made: Resources, kind: str) -> None:
        model = get_fhir_model_class(kind)
        some = made[kind][:: max(1, len(made[kind]) // 60)]

        for resource in some:
            assert type(model.model_validate(resource)).__name__ == kind

    def test_have_ids_that_fhir_allows(self, made: Resources) -> None:
        ids = [resource["id"] for kind in made for resource in made[kind]]

        assert max(map(len, ids)) <= 64
        assert all(each.replace("-", "").replace(".", "").isalnum() and each.isascii() for each in ids)


class TestItsPatients:
    def test_speak_four_languages(self, made: Resources) -> None:
        spoken = Counter(preferred_language(patient) for patient in made["Patient"])

        assert set(spoken) == {"pt-BR", "sv-SE", "en", "es"}
        assert min(spoken.values()) > PATIENTS / 5

    def test_include_those_who_need_care(self, made: Resources) -> None:
        patients = made["Patient"]
        names = " ".join(patient["name"][0]["text"] for patient in patients)

        assert any("deceasedDateTime" in patient for patient in patients)
        assert any(not patient["active"] and "link" not in patient for patient in patients)
        assert any("telecom" not in patient for patient in patients)
        assert "O'Brien" in names
        assert "Åström" in names
        assert "Conceição" in names
        assert "Muñoz" in names

    def test_registered_twice_point_to_their_other_record(self, made: Resources) -> None:
        by_id = {f"Patient/{patient['id']}": patient for patient in made["Patient"]}
        twice = [patient for patient in made["Patient"] if "link" in patient]

        assert len(twice) == 4 * 5
        for patient in twice:
            other = by_id[patient["link"][0]["other"]["reference"]]
            assert "link" not in other
            assert (other["name"], other["birthDate"]) == (patient["name"], patient["birthDate"])

    def test_have_telephones_that_are_possible_and_ring_nobody(self, made: Resources) -> None:
        numbers = [point["value"] for point in points(made, "phone", "sms")]

        assert len(numbers) > PATIENTS
        assert all(phonenumbers.is_possible_number(phonenumbers.parse(number)) for number in numbers)
        kept_free = ("+447700900", "+441632960", "+4670174", "+468465004")
        assert {
            number for number in numbers if is_given_out(number) and not number.startswith(kept_free)
        } == set()

    def test_share_no_mobile_telephone_with_a_stranger(self, made: Resources) -> None:
        owners: dict[str, set[str]] = defaultdict(set)
        for patient in made["Patient"]:
            for point in patient.get("telecom", []):
                owners[point["value"]].add(patient["id"])
        for kin in made["RelatedPerson"]:
            owners[kin["telecom"][0]["value"]].add(kin["patient"]["reference"].removeprefix("Patient/"))

        assert max(map(len, owners.values())) == 1

    @pytest.mark.parametrize("country", ["BR", "SE", "GB", "ES"])
    def test_could_be_a_million_and_each_have_given_up_a_number(self, country: str) -> None:
        needed = [*range(250_000), *range(300_000, 550_000)]

        assert len({mobile(country, nth) for nth in needed}) == len(needed)
        assert len({landline(country, nth) for nth in needed}) == len(needed)

    def test_have_mail_only_where_nobody_lives(self, made: Resources) -> None:
        addresses = [point["value"] for point in points(made, "email")]

        assert all(address.isascii() for address in addresses)
        assert {address.rpartition("@")[2] for address in addresses} == {
            "example.org",
            "example.com",
            "example.net",
        }

    def test_have_long_term_sugar_above_seven_in_a_few_of_a_hundred(self, made: Resources) -> None:
        adults = {f"Patient/{one['id']}" for one in made["Patient"] if one["birthDate"] < "2008"}
        measured = [one for one in made["Observation"] if one["code"]["coding"][0]["code"] == "4548-4"]

        high = {one["subject"]["reference"] for one in measured if one["valueQuantity"]["value"] > 7}

        assert 0.02 < len(high & adults) / len(adults) < 0.08

    def test_are_not_seen_after_their_death(self, made: Resources) -> None:
        died = {
            f"Patient/{one['id']}": one["deceasedDateTime"]
            for one in made["Patient"]
            if "deceasedDateTime" in one
        }
        seen = [one for one in made["Encounter"] if one["subject"]["reference"] in died]

        assert len(seen) > 10
        assert all(one["period"]["end"][:10] <= died[one["subject"]["reference"]] for one in seen)

    def test_have_said_what_may_be_sent(self, made: Resources) -> None:
        said = Counter(
            (
                consent["provision"]["code"][0]["coding"][0]["code"],
                purpose["code"],
                consent["provision"]["type"],
            )
            for consent in made["Consent"]
            for purpose in consent["provision"]["purpose"]
        )

        assert set(said) == {
            (channel, purpose, answer)
            for channel in ("sms", "email")
            for purpose in ("CAREMGT", "PATADMIN", "HMARKT")
            for answer in ("permit", "deny")
        }
        assert said["sms", "CAREMGT", "permit"] > 0.85 * PATIENTS


class TestItsTimetable:
    def test_books_every_appointment_ahead_into_a_slot_of_its_own(self, made: Resources) -> None:
        slots = {f"Slot/{slot['id']}": slot for slot in made["Slot"]}
        ahead = [one for one in made["Appointment"] if one["status"] in {"booked", "pending"}]

        taken = [one["slot"][0]["reference"] for one in ahead]

        assert len(taken) == len(set(taken)) > PATIENTS / 10
        for one, name in zip(ahead, taken, strict=True):
            assert (one["start"], one["end"]) == (slots[name]["start"], slots[name]["end"])
            assert slots[name]["status"] == ("busy" if one["status"] == "booked" else "busy-tentative")

    def test_lets_no_practitioner_see_two_people_at_once(self, made: Resources) -> None:
        for times in by_practitioner(made["Appointment"]).values():
            assert all(one[1] <= after[0] for one, after in pairwise(sorted(times)))

    def test_keeps_the_hours_of_the_clinic_when_the_clocks_change(self, made: Resources) -> None:
        swedish = [slot["start"] for slot in made["Slot"] if slot["id"].startswith("c1-se-0000-a")]

        opening = {start[:10]: start[11:] for start in reversed(swedish)}

        assert opening["2026-10-23"] == "08:00:00+02:00"
        assert opening["2026-10-26"] == "08:00:00+01:00"

    def test_has_visits_kept_missed_and_cancelled(self, made: Resources) -> None:
        past = [one for one in made["Appointment"] if one["start"] < "2026-10-19"]

        assert {one["status"] for one in past} == {"fulfilled", "noshow", "cancelled"}
        assert {one["status"] for one in past if "cancelationReason" in one} == {"cancelled"}
        assert all(datetime.fromisoformat(one["start"]).tzinfo for one in past)


def written(folder: Path, *options: str, patients: int) -> dict[str, bytes]:
    assert main(["--patients", str(patients), "--out", str(folder), *options]) == 0
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def names_in(patients: bytes) -> list[str]:
    return [orjson.loads(line)["name"][0]["text"] for line in patients.splitlines()]


def most_common(names: Iterator[str]) -> int:
    return Counter(names).most_common(1)[0][1]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        found = cast("dict[str, Any]", part)
        if isinstance(found.get("reference"), str):
            yield found["reference"]
        for each in found.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in cast("list[Any]", part):
            yield from references(each)


def preferred_language(patient: Resource) -> str:
    (preferred,) = [one for one in patient["communication"] if one["preferred"]]
    return preferred["language"]["coding"][0]["code"]


def points(made: Resources, *systems: str) -> Iterator[Resource]:
    for kind in ("Patient", "RelatedPerson", "Organization", "Location", "Practitioner"):
        for resource in made[kind]:
            yield from (point for point in resource.get("telecom", []) if point["system"] in systems)


def is_given_out(number: str) -> bool:
    """Say whether the country's numbering plan knows a use for it."""
    return phonenumbers.is_valid_number(phonenumbers.parse(number))


def by_practitioner(appointments: list[Resource]) -> dict[str, list[tuple[datetime, datetime]]]:
    times: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for one in appointments:
        span = (datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"]))
        times[one["participant"][1]["actor"]["reference"]].append(span)
    return times
