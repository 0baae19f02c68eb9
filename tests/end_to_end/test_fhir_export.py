"""Bulk exports of the embedded FHIR server, over HTTP and over a restart (fhir.md §2.3)."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from local.fhir_export_jobs import Job, next_step
from local.fhir_exports import Export, Exports
from shared.adapters.fhir_compartment import PATIENT_COMPARTMENT
from shared.adapters.fhir_search_parameters import parameters_of
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.refusals import ResourceNotFound
from shared.kernel.clock import StoppedClock
from tests.support.fhir_http import FhirHouse, entry, fhir_house, issue, put, send
from tests.support.fhir_people import a_patient, a_slot, an_appointment, an_hba1c
from tests.support.judges import judge
from tests.support.medplum import DEFINITIONS, NAME, is_installed

LATER = {"prefer": "respond-async", "accept": "application/fhir+json"}
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
MOST_SECONDS = 30


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(NOON)


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[FhirHouse]:
    record = SqliteRecord(tmp_path / "record.db", clock=clock)
    with closing(record), fhir_house(record, tmp_path / "record.db", per_file=4) as served:
        yield served


def a_small_hospital() -> list[dict[str, Any]]:
    return [
        *(a_patient("maria"), a_patient("joao")),
        *(an_hba1c(f"maria-{n}") for n in range(9)),
        an_hba1c("joao-1", of="joao"),
        an_appointment(of="joao"),
        a_slot(),
        {"resourceType": "Schedule", "id": "namesake", "actor": [{"reference": "Practitioner/joao"}]},
        {"resourceType": "Organization", "id": "clinic", "name": "Riverside Health Centre"},
    ]


def kicked_off(house: FhirHouse, path: str) -> str:
    response = house.http.get(path, headers=LATER)
    assert response.status_code == 202, response.text
    assert response.content == b""
    return response.headers["content-location"]


def posted(house: FhirHouse, path: str, *parameters: dict[str, Any]) -> httpx.Response:
    body = {"resourceType": "Parameters", "parameter": list(parameters)}
    return house.http.post(path, json=body, headers=LATER)


def finished(house: FhirHouse, place: str) -> dict[str, Any]:
    """Poll as a client must: there is neither a progress nor a time to wait."""
    deadline = time.monotonic() + MOST_SECONDS
    while (response := house.http.get(place)).status_code == 202:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    return response.json()


def lines(house: FhirHouse, url: str) -> list[dict[str, Any]]:
    response = house.http.get(url)
    assert response.headers["content-type"].startswith("application/fhir+ndjson")
    return [orjson.loads(line) for line in response.content.splitlines()]


def exported(house: FhirHouse, path: str) -> list[dict[str, Any]]:
    manifest = finished(house, kicked_off(house, path))
    return [resource for file in manifest["output"] for resource in lines(house, file["url"])]


def names(resources: list[dict[str, Any]]) -> list[str]:
    return sorted(f"{one['resourceType']}/{one['id']}" for one in resources)


class TestAnExport:
    def test_of_everything_gives_each_resource_once_as_it_is(self, house: FhirHouse) -> None:
        house.record.load(a_small_hospital())
        put(house, an_hba1c("maria-3", value=9.1))

        resources = exported(house, "/$export")

        assert names(resources) == names(a_small_hospital())
        assert all(house.record.read(one["resourceType"], one["id"]) == one for one in resources)

    def test_tells_what_it_wrote_in_files_that_are_not_too_long(self, house: FhirHouse) -> None:
        house.record.load(a_small_hospital())

        manifest = finished(house, kicked_off(house, "/$export?_type=Observation,Patient"))

        assert manifest["transactionTime"] == "2026-03-29T12:00:00.000000+00:00"
        assert manifest["request"].endswith("/fhir/$export?_type=Observation,Patient")
        assert (manifest["requiresAccessToken"], manifest["error"]) == (False, [])
        assert [(file["type"], file["count"]) for file in manifest["output"]] == [
            *(("Observation", 4), ("Observation", 4), ("Observation", 2)),
            ("Patient", 2),
        ]
        assert all(len(lines(house, file["url"])) == file["count"] for file in manifest["output"])
        assert "deleted" not in manifest

    def test_of_patients_leaves_out_what_is_nobodys(self, house: FhirHouse) -> None:
        house.record.load(a_small_hospital())

        resources = exported(house, "/Patient/$export")

        assert names(resources) == names(
            [one for one in a_small_hospital() if one["id"] not in ("nine", "clinic", "namesake")]
        )

    def test_of_a_group_gives_its_present_members_only(self, house: FhirHouse) -> None:
        members = [
            {"entity": {"reference": "Patient/joao"}},
            {"entity": {"reference": "Patient/maria"}, "inactive": True},
            {"entity": {"reference": "Practitioner/maria"}},
        ]
        group = {"resourceType": "Group", "id": "asthma", "type": "person", "actual": True, "member": members}
        house.record.load([*a_small_hospital(), group])

        resources = exported(house, "/Group/asthma/$export")

        assert names(resources) == [
            *("Appointment/visit", "Group/asthma", "Observation/joao-1", "Patient/joao"),
        ]

    def test_since_gives_what_was_written_and_tells_what_was_deleted(
        self, house: FhirHouse, clock: StoppedClock
    ) -> None:
        house.record.load([*a_small_hospital(), an_hba1c("withdrawn"), an_hba1c("erased"), an_hba1c("back")])
        first = finished(house, kicked_off(house, "/$export"))
        clock.pass_by(timedelta(hours=1))
        put(house, an_hba1c("new"))
        house.http.delete("/Observation/withdrawn")
        house.http.delete("/Observation/erased?hardDelete=true")
        house.http.delete("/Observation/back")
        put(house, an_hba1c("back"))
        clock.pass_by(timedelta(hours=1))

        query = httpx.QueryParams({"_since": "2026-03-29T12:30:00Z", "_type": "Observation,Slot"})
        second = finished(house, kicked_off(house, f"/$export?{query}"))

        assert "withdrawn" in {one["id"] for file in first["output"] for one in lines(house, file["url"])}
        assert names([one for file in second["output"] for one in lines(house, file["url"])]) == [
            *("Observation/back", "Observation/new")
        ]
        (told,) = second["deleted"]
        (bundle,) = lines(house, told["url"])
        assert (told["type"], told["count"], bundle["type"]) == ("Bundle", 1, "transaction")
        assert sorted(one["request"]["url"] for one in bundle["entry"]) == [
            *("Observation/erased", "Observation/withdrawn")
        ]
        assert {one["request"]["method"] for one in bundle["entry"]} == {"DELETE"}

    def test_till_leaves_out_what_was_written_later(self, house: FhirHouse, clock: StoppedClock) -> None:
        house.record.load([an_hba1c("early")])
        clock.pass_by(timedelta(days=1))
        house.record.load([an_hba1c("late")])

        manifest = finished(house, kicked_off(house, "/$export?_till=2026-03-30T00:00:00Z"))

        assert manifest["transactionTime"] == "2026-03-30T00:00:00.000000+00:00"
        assert [one["id"] for file in manifest["output"] for one in lines(house, file["url"])] == ["early"]

    def test_and_the_next_since_it_miss_nothing_that_is_written_meanwhile(
        self, house: FhirHouse, clock: StoppedClock
    ) -> None:
        """In the same microsecond as the export begins, even."""
        house.record.load([an_hba1c("before")])
        place = kicked_off(house, "/$export")
        put(house, an_hba1c("meanwhile"))
        first = finished(house, place)
        clock.pass_by(timedelta(minutes=5))
        put(house, an_hba1c("after"))

        query = httpx.QueryParams({"_since": first["transactionTime"]})
        second = exported(house, f"/$export?{query}")

        both = [one for file in first["output"] for one in lines(house, file["url"])] + second
        assert {one["id"] for one in both} == {"before", "meanwhile", "after"}

    def test_of_nothing_is_an_empty_manifest(self, house: FhirHouse) -> None:
        assert finished(house, kicked_off(house, "/$export"))["output"] == []

    def test_that_is_cancelled_is_gone_with_its_files(self, house: FhirHouse) -> None:
        house.record.load(a_small_hospital())
        place = kicked_off(house, "/$export")
        manifest = finished(house, place)

        cancelled = house.http.delete(place)

        assert cancelled.status_code == 202
        assert house.http.get(place).status_code == 404
        assert house.http.get(manifest["output"][0]["url"]).status_code == 404
        assert house.http.delete(place).status_code == 404

    @pytest.mark.parametrize(
        ("path", "headers", "status"),
        [
            ("/$export", {}, 400),
            ("/$export", {"prefer": "respond-async", "accept": "application/fhir+xml"}, 406),
            ("/$export?_type=Unicorn", LATER, 400),
            ("/$export?_since=yesterday", LATER, 400),
            ("/$export?_outputFormat=text/csv", LATER, 400),
            ("/$export?_typeFilter=Patient%3Ffavourite%3Dtea", LATER, 400),
            ("/$export?_typeFilter=Patient%3Factive%3Dtrue%26_count%3D1", LATER, 400),
            ("/$export?_typeFilter=Patient%3F", LATER, 400),
            ("/$export?_typeFilter=Observation%3Fdate%3Dyesterday", LATER, 400),
            ("/$export?_typeFilter=Observation%3Fvalue-quantity%3Dmuch", LATER, 400),
            ("/$export?_type=Observation&_typeFilter=Patient%3Factive%3Dtrue", LATER, 400),
            ("/$export?_elements=id", LATER, 400),
            ("/$export?_elements=id", {"prefer": "respond-async, handling=lenient"}, 202),
            ("/Patient/$export?patient=Patient/maria", LATER, 400),
            ("/Patient/$export?patient=Patient/maria", {"prefer": "respond-async,handling=lenient"}, 400),
            ("/$export?_typeFilter=x", {"prefer": "respond-async, handling=lenient"}, 202),
            ("/Group/nobody/$export", LATER, 404),
            ("/_operations/export/nobody", {}, 404),
            ("/_operations/export/..%2f..", {}, 404),
            ("/_operations/export/nobody/job.json", {}, 404),
        ],
    )
    def test_that_cannot_be_is_refused(
        self, house: FhirHouse, path: str, headers: dict[str, str], status: int
    ) -> None:
        response = house.http.get(path, headers=headers)

        assert response.status_code == status
        if status != 202:
            assert issue(response)["severity"] == "error"

    def test_of_a_type_that_is_filtered_gives_what_meets_one_filter(self, house: FhirHouse) -> None:
        house.record.load(a_small_hospital())
        put(house, an_hba1c("maria-3", value=9.1))
        filters = "Observation%3Fsubject%3DPatient%2Fjoao,Observation%3Fvalue-quantity%3Dgt9%26status%3Dfinal"

        some = exported(house, f"/$export?_type=Observation,Patient&_typeFilter={filters}")
        both = exported(
            house, "/$export?_typeFilter=Observation%3Fcode%3Dx&_typeFilter=Slot%3Fstatus%3Dfree,busy"
        )

        assert names(some) == [
            *("Observation/joao-1", "Observation/maria-3", "Patient/joao", "Patient/maria")
        ]
        assert not [one for one in names(both) if one.startswith("Observation")]
        assert "Slot/nine" in names(both)

    def test_is_asked_for_in_a_resource_too(self, house: FhirHouse) -> None:
        house.record.load(a_small_hospital())

        manifest = finished(
            house,
            posted(
                house,
                "/Patient/$export",
                {"name": "_type", "valueString": "Observation"},
                {"name": "_type", "valueString": "Patient"},
                {"name": "_typeFilter", "valueString": "Observation?status=final"},
                {"name": "patient", "valueReference": {"reference": "Patient/joao"}},
            ).headers["content-location"],
        )

        found = [one for file in manifest["output"] for one in lines(house, file["url"])]
        assert names(found) == ["Observation/joao-1", "Patient/joao"]
        assert manifest["request"].endswith("/fhir/Patient/$export")

    @pytest.mark.parametrize(
        ("path", "parameter"),
        [
            ("/$export", {"name": "patient", "valueReference": {"reference": "Patient/joao"}}),
            ("/Patient/$export", {"name": "patient", "valueReference": {"reference": "Patient/nobody"}}),
            ("/Patient/$export", {"name": "patient", "valueReference": {"reference": "Group/asthma"}}),
            ("/Group/asthma/$export", {"name": "patient", "valueReference": {"reference": "Patient/joao"}}),
            ("/$export", {"name": "_type"}),
            ("/$export", {"name": "_elements", "valueString": "id"}),
        ],
    )
    def test_of_those_of_whom_it_cannot_be_is_refused(
        self, house: FhirHouse, path: str, parameter: dict[str, Any]
    ) -> None:
        members = [{"entity": {"reference": "Patient/maria"}}]
        group = {"resourceType": "Group", "id": "asthma", "type": "person", "actual": True, "member": members}
        house.record.load([*a_small_hospital(), group])

        response = posted(house, path, parameter)

        assert response.status_code == 400
        assert issue(response)["severity"] == "error"

    @pytest.mark.parametrize("method", ["HEAD", "POST", "DELETE"])
    def test_is_begun_by_a_get_or_by_parameters_alone(
        self, house: FhirHouse, tmp_path: Path, method: str
    ) -> None:
        for path in ("/$export", "/Group/nobody/$export"):
            assert house.http.request(method, path, headers=LATER).is_client_error

        assert not (tmp_path / "exports").exists()

    def test_gives_out_no_file_that_its_manifest_does_not_name(self, house: FhirHouse) -> None:
        house.record.load(a_small_hospital())
        place = kicked_off(house, "/$export")
        finished(house, place)

        for name in ("job.json", "Patient-1.ndjson.part", "..%2f..%2frecord.db", "Patient-2.ndjson"):
            assert house.http.get(f"{place}/{name}").status_code == 404


def never(_: threading.Thread) -> None:
    """Begin nothing: the process dies first."""


class TestAKilledExport:
    @pytest.mark.parametrize("steps", range(6))
    def test_goes_on_where_it_was_when_somebody_asks(
        self, tmp_path: Path, clock: StoppedClock, steps: int
    ) -> None:
        with closing(SqliteRecord(tmp_path / "record.db", clock=clock)) as record:
            record.load(a_small_hospital())
            dying = Exports(record, per_file=4, begin=never)
            id_ = dying.begin(Export("https://clinic.example/fhir/$export"))
            folder = tmp_path / "exports" / id_
            for _ in range(steps):
                next_step(record, folder, dying.job(id_), per_file=4)
            (folder / "Observation-9.ndjson.part").write_bytes(b'{"resourceType": "Obs')

        with closing(SqliteRecord(tmp_path / "record.db", clock=clock)) as record:
            record.load([an_hba1c("later")])
            reborn = Exports(record, per_file=4)
            job = until_done(reborn, id_)

        written = [
            orjson.loads(line)
            for one in job.output
            for line in (folder / one["name"]).read_bytes().splitlines()
        ]
        assert [name for name in names(written) if name != "Observation/later"] == names(a_small_hospital())
        assert len(names(written)) == len(set(names(written)))

    def test_stops_quietly_when_the_record_closes_and_is_still_there_after(
        self, tmp_path: Path, clock: StoppedClock
    ) -> None:
        begun = list[threading.Thread]()
        record = SqliteRecord(tmp_path / "record.db", clock=clock)
        record.load(a_small_hospital())
        exports = Exports(record, per_file=4, begin=begun.append)
        id_ = exports.begin(Export("https://clinic.example/fhir/$export"))

        record.close()
        begun[0].start()
        begun[0].join()

        assert not exports.job(id_).is_done
        assert len(begun) == 2

    def test_that_was_cancelled_does_not_come_back(self, tmp_path: Path, clock: StoppedClock) -> None:
        begun = list[threading.Thread]()
        with closing(SqliteRecord(tmp_path / "record.db", clock=clock)) as record:
            record.load(a_small_hospital())
            exports = Exports(record, per_file=4, begin=begun.append)
            id_ = exports.begin(Export("https://clinic.example/fhir/$export"))

            exports.cancel(id_)
            begun[0].start()
            begun[0].join()

            with pytest.raises(ResourceNotFound):
                exports.job(id_)


def until_done(exports: Exports, id_: str) -> Job:
    deadline = time.monotonic() + MOST_SECONDS
    while not (job := exports.job(id_)).is_done:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return job


class TestWhatBelongsToAPatient:
    def test_is_what_hl7_says(self) -> None:
        judge(NAME, available=is_installed())
        definition = orjson.loads((DEFINITIONS / "compartmentdefinition-patient.json").read_bytes())

        theirs = {one["code"]: set(one["param"]) for one in definition["resource"] if one.get("param")}

        assert {type_: set(names) for type_, names in PATIENT_COMPARTMENT.items()} == theirs

    def test_can_all_be_searched(self) -> None:
        assert all(
            name in parameters_of(type_) for type_, named in PATIENT_COMPARTMENT.items() for name in named
        )


def test_what_is_told_as_deleted_deletes_it_elsewhere(house: FhirHouse) -> None:
    put(house, a_patient())

    response = send(house, "transaction", entry("DELETE", "Patient/maria"), entry("DELETE", "Patient/nobody"))

    assert response.status_code == 200
    assert house.http.get("/Patient/maria").status_code == 410
