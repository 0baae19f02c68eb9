"""A house whose record is a FHIR server in another process (`RECORD=fhir`), asked over HTTP.

`make story RECORD=fhir` plays all five flows so; here one change becomes one message, and one time is booked.
"""

import subprocess
import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.beside import Beside
from local.flow_cast import Cast
from local.flow_record import made_up_patients
from local.flow_scenes import FlowScenes
from local.flow_stage import Stage
from local.load import load_folder
from local.narrator import Narrator
from local.own_host import ROOT, OwnHost, a_free_port, own_host
from local.progress import Progress
from local.record_elsewhere import a_hospitals_record, options_of
from local.sample.__main__ import AS_OF
from local.story_scenes.story_stage import NINA, SAM
from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.clock import SystemClock

PEOPLE = 12


@dataclass(frozen=True, slots=True)
class Hospital:
    """The house, the hospital's own FHIR server, and a client of that server alone."""

    host: OwnHost
    stage: Stage
    folder: Path
    record: Beside
    fhir: httpx.Client

    def in_record(self, path: str) -> dict[str, Any]:
        return self.fhir.get(path).raise_for_status().json()


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Generator[Hospital]:
    folder, port = tmp_path_factory.mktemp("elsewhere"), a_free_port()
    source = made_up_patients(folder / "sample", AS_OF, how_many=PEOPLE)
    (folder / "hospital").mkdir()
    with closing(SqliteRecord(folder / "hospital" / "record.db", clock=SystemClock())) as record:
        load_folder(source, record, overlay=False, progress=Progress("resources"))
    with (
        a_hospitals_record(folder / "hospital", tells=port) as beside,
        own_host(folder / "house", options=options_of(beside), port=port) as host,
        httpx.Client(base_url=beside.said["base_url"], trust_env=False) as fhir,
    ):
        token = host.token("staff", subject="nina", roles=list(NINA))
        yield Hospital(host, Stage(host, Narrator(host.http), token), folder, beside, fhir)


class TestARecordElsewhere:
    def test_makes_one_message_of_one_change(self, hospital: Hospital) -> None:
        scenes = FlowScenes(hospital.stage, Cast(hospital.host, hospital.stage.token))
        scenes.keep_definitions()
        scenes.begin(AS_OF)

        scenes.one_change_one_message()

        assert not (hospital.folder / "house" / "record.db").exists()

    def test_takes_a_booking_and_refuses_the_same_time_to_another(self, hospital: Hospital) -> None:
        slot = self.a_free_slot(hospital)
        one, other = self.two_people(hospital)

        booked = self.books(hospital, one, slot["id"])
        refused = self.books(hospital, other, slot["id"])

        assert booked.status_code == 201, booked.text
        assert refused.status_code == 409, refused.text
        assert hospital.in_record(f"Slot/{slot['id']}")["status"] == "busy"
        assert hospital.in_record(f"Appointment/{booked.json()['id']}")["status"] == "booked"

    def test_takes_a_bundle_twice_and_holds_it_once(self, hospital: Hospital) -> None:
        system, number = "https://clinic.example/mrn", "MRN-zoe"
        zoe = {
            "resourceType": "Patient",
            "identifier": [{"system": system, "value": number}],
            "name": [{"family": "O'Connor", "given": ["Zoë"]}],
        }
        new = {"method": "POST", "url": "Patient", "ifNoneExist": f"identifier={system}|{number}"}
        knee = {
            "resourceType": "Condition",
            "id": "zoes-knee",
            "subject": {"reference": f"Patient?identifier={system}|{number}"},
        }
        there = {"method": "PUT", "url": "Condition/zoes-knee"}
        entries = [{"resource": zoe, "request": new}, {"resource": knee, "request": there}]

        first, again = self.sends(hospital, entries), self.sends(hospital, entries)

        assert [one["outcome"] for one in first] == ["created", "created"]
        assert [one["outcome"] for one in again] == ["unchanged", "unchanged"]
        kept = hospital.in_record(f"Patient?identifier={system}|{number}")["entry"]
        assert [one["resource"]["id"] for one in kept] == [first[0]["id"]]
        told = hospital.in_record("Condition/zoes-knee")
        assert told["subject"]["reference"] == f"Patient/{first[0]['id']}"

    def test_is_missed_while_it_is_away_and_found_again(self, hospital: Hospital) -> None:
        port = int(hospital.record.said["base_url"].split(":")[-1].partition("/")[0])
        hospital.record.process.kill()
        hospital.record.process.wait()

        assert hospital.host.http.get("/api/health/ready").status_code == 503

        with a_hospitals_record(hospital.folder / "hospital", tells=hospital.host.port, port=port):
            hospital.host.until(lambda: hospital.host.http.get("/api/health/ready").status_code == 200)

    def sends(self, hospital: Hospital, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        token = hospital.host.token("staff", subject="engine", roles=["fhir_sync_administrator"])
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        headers = {"Authorization": f"Bearer {token}"}
        answer = hospital.host.http.post("/api/fhir/bundles", json=bundle, headers=headers)
        return answer.raise_for_status().json()["results"]

    def a_free_slot(self, hospital: Hospital) -> dict[str, Any]:
        sam = hospital.host.token("staff", subject="sam", roles=list(SAM))
        now = hospital.host.now()
        starts = {"starts_from": now + timedelta(days=2), "starts_before": now + timedelta(days=9)}
        query = {name: moment.isoformat() for name, moment in starts.items()}
        answer = hospital.host.http.get(
            "/api/slots", params=query, headers={"Authorization": f"Bearer {sam}"}
        )
        return answer.raise_for_status().json()["slots"][0]

    def two_people(self, hospital: Hospital) -> list[str]:
        bundle = hospital.in_record("Patient?_count=2&active=true")
        return [entry["resource"]["id"] for entry in bundle["entry"]]

    def books(self, hospital: Hospital, patient_id: str, slot_id: str) -> httpx.Response:
        token = hospital.host.token("patient", patient_id=patient_id)
        headers = {"Authorization": f"Bearer {token}"}
        return hospital.host.http.post("/api/me/appointments", json={"slot_id": slot_id}, headers=headers)


class TestStarting:
    def test_is_refused_where_nobody_is(self, tmp_path: Path) -> None:
        address = f"FHIR_BASE_URL=http://127.0.0.1:{a_free_port()}/fhir"
        command = [sys.executable, "-m", "local.host", "--data", str(tmp_path), "--port", "0"]

        host = subprocess.run(
            [*command, "--set", "RECORD=fhir", "--set", address],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert host.returncode == 2
        assert "the record cannot be reached as FHIR_BASE_URL and FHIR_AUTH say" in host.stderr
        assert "Traceback" not in host.stderr
