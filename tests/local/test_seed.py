"""A sample goes into a FHIR server that knows nothing of us, over a real socket."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from local.fhir_faults import Fault
from local.load import load_folder
from local.progress import Progress
from local.sample.__main__ import main as write_sample
from local.seed import MOST_TRIES, FhirServer, ResourcesRefused, main
from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.clock import StoppedClock
from tests.support.fhir_http import FhirHouse, fhir_house
from tests.support.fhir_people import a_patient

TODAY = date(2026, 3, 3)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[FhirHouse]:
    record = SqliteRecord(tmp_path / "record.db", clock=StoppedClock(datetime(2026, 3, 3, 12, tzinfo=UTC)))
    with fhir_house(record, tmp_path / "record.db") as served:
        yield served
    record.close()


def server(house: FhirHouse, waited: list[float]) -> FhirServer:
    return FhirServer(house.http, wait=waited.append)


class TestASeed:
    def test_holds_every_resource_of_the_sample(self, house: FhirHouse, tmp_path: Path) -> None:
        write_sample(["--patients", "1", "--out", str(tmp_path / "sample"), "--as-of", TODAY.isoformat()])

        counts = load_folder(
            tmp_path / "sample",
            server(house, []),
            overlay=False,
            progress=Progress("resources", io.StringIO()),
        )

        assert counts.written == counts.total > 100
        patients = house.http.get("/Patient", params={"_summary": "count"}).json()
        assert patients["total"] == counts.read["Patient"] == 1

    def test_waits_as_long_as_a_busy_server_asks(self, house: FhirHouse) -> None:
        waited: list[float] = []
        house.faults.expect(*[Fault(retry_after=timedelta(seconds=7))] * 2)

        assert server(house, waited).load([a_patient("ada")]) == 1
        assert waited == [7, 7]

    def test_ends_when_the_server_stays_busy(self, house: FhirHouse) -> None:
        house.faults.expect(*[Fault(status=503)] * MOST_TRIES)

        with pytest.raises(ResourcesRefused, match="stays too busy"):
            server(house, []).load([a_patient("ada")])

    def test_says_what_was_refused_and_nothing_of_its_content(self, house: FhirHouse) -> None:
        wrong = {**a_patient("ada"), "birthDate": "the third of March, 9434765919"}

        with pytest.raises(ResourcesRefused) as refused:
            server(house, []).load([wrong])

        assert "Patient" in str(refused.value)
        assert "9434765919" not in str(refused.value)

    def test_wants_a_token(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(""))

        assert main([str(tmp_path), "--url", "http://127.0.0.1:9/fhir"]) == 2

    def test_is_put_by_the_program(
        self, house: FhirHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "sample").mkdir()
        (tmp_path / "sample" / "Patient.ndjson").write_bytes(orjson.dumps(a_patient("ada")))
        monkeypatch.setattr("sys.stdin", io.StringIO("token-of-nina\n"))

        assert main([str(tmp_path / "sample"), "--url", str(house.http.base_url)]) == 0
        assert house.http.get("/Patient", params={"_summary": "count"}).json()["total"] == 1
