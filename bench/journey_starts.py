"""`make bench-intake JOURNEYS=1`: changes a second from a FHIR write over HTTP to the start of a journey.

Also how long one change takes, and beside it, in the same run, two bounds: the same writes alone, with
nothing listening to them (no live trigger); and the least of whoever keeps a copy: each changed resource is
read from the record and stored as a document, one by one, with no queue, no patient and no trigger.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from local.flow_scenes import DEFINITIONS
from local.own_host import OwnHost, own_host
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Write
from shared.kernel.clock import SystemClock
from shared.kernel.documents import Create

WRITERS = 4
A_BUNDLE = 50


def measure(changes: int, patients: int) -> None:
    """Print all of it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary, own_host(Path(temporary)) as host:
        _write(host, (a_patient(number) for number in range(patients)))
        host.until_idle()
        alone = _timed(host, "alone", changes, patients)
        _keep_definitions(host)
        _timed(host, "warm", 200, patients)
        together = _timed(host, "due", changes, patients)
        _tell("changes written, nothing listening (bound)", changes, alone)
        _tell("changes written, journeys started", changes, together)
        print(f"{'ratio':>44}: {alone / together:.2f} of the bound")
        _paced(host, patients)
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        bare = _fetch_and_store(Path(temporary), changes, patients)
        _tell("changes read and stored, nothing else (bare)", changes, bare)
        print(f"{'ratio':>44}: {bare / together:.2f} of the bare one")


def _fetch_and_store(folder: Path, changes: int, patients: int) -> float:
    """Write all changes, then read each by its event and keep it; give the seconds of the latter."""
    clock = SystemClock()
    with closing(SqliteFile(folder / "store.db")) as file, closing(_record_in(folder)) as record:
        documents = SqliteDocuments(file, clock=clock)
        for start in range(0, changes, A_BUNDLE):
            results = [a_result("bare", number, patients) for number in range(start, start + A_BUNDLE)]
            record.transaction([Write("PUT", one["resourceType"], one["id"], one) for one in results])
        events = [event["data"] for _, event in record.events(0, changes)]
        began = time.perf_counter()
        for event in events:
            resource = record.read(event["resourceType"], event["resourceFhirId"])
            patient = resource["subject"]["reference"].lower()
            documents.commit(patient, changes=[Create(f"copy~{resource['id']}", resource)])
        return time.perf_counter() - began


def _record_in(folder: Path) -> SqliteRecord:
    return SqliteRecord(folder / "record.db", clock=SystemClock())


def _timed(host: OwnHost, name: str, changes: int, patients: int) -> float:
    """Write all changes as fast as they are taken; give the seconds until all they began had started."""
    began, before = time.perf_counter(), _processor_seconds(host)
    _write(host, (a_result(name, number, patients) for number in range(changes)))
    host.until(lambda: _is_through(host), at_most=600)
    took = time.perf_counter() - began
    used = (_processor_seconds(host) - before) / changes * 1000
    print(f"{name:>44}: {used:.2f} ms of the host's processor time a change")
    return took


def _processor_seconds(host: OwnHost) -> float:
    """Give what the host has used so far: unlike the clock, it means much on a busy machine."""
    assert host.process is not None  # noqa: S101  # it was started
    used = Path(f"/proc/{host.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def _is_through(host: OwnHost) -> bool:
    """Say whether no change waits before the start of a journey; asked rarely, to disturb little."""
    time.sleep(0.1)
    depths = host.http.get("/local/depths").json()
    before = ("fhir-changes", "patient-changes", "journey-starts")
    waiting = any(q["waiting"] or q["locked"] for q in depths["queues"] if q["queue"] in before)
    return not waiting and host.http.get("/local/idle").json()["idle"]


def _paced(host: OwnHost, patients: int) -> None:
    """Write one change after another, 50 a second, and measure each from its write to its journey's start."""
    written: dict[str, datetime] = {}
    for number in range(300):
        result = a_result("paced", number, patients)
        next_at = time.perf_counter() + 0.02
        answer = host.http.put(f"/fhir/Observation/{result['id']}", json=result, headers=_FHIR)
        stored = answer.raise_for_status().json()
        written[result["id"]] = datetime.fromisoformat(stored["meta"]["lastUpdated"])
        while time.perf_counter() < next_at:
            time.sleep(0.001)
    host.until_idle()
    taken = sorted(_latencies(host, written))
    p50, p95, p99 = (taken[int(len(taken) * share)] * 1000 for share in (0.5, 0.95, 0.99))
    told = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms ({len(taken)})"
    print(f"{'one change, at 50 a second':>44}: {told}")


def _latencies(host: OwnHost, written: dict[str, datetime]) -> Iterator[float]:
    with closing(SqliteFile(host.folder / "store.db")) as file:
        documents = SqliteDocuments(file, clock=SystemClock())
        for number in range(300):
            result, patient = f"paced-{number}", f"patient/bench-{number}"
            (enrolment,) = [
                found.body
                for found in documents.list(patient, "enrolment", dict[str, Any]).items
                if found.body["subject"]["id"] == result
            ]
            yield (datetime.fromisoformat(enrolment["started_at"]) - written[result]).total_seconds()


def _write(host: OwnHost, resources: Iterator[dict[str, Any]]) -> None:
    def write(bundle: str) -> None:
        host.http.post("/fhir", content=bundle, headers=_FHIR).raise_for_status()

    with ThreadPoolExecutor(WRITERS) as hospital:
        list(hospital.map(write, list(_bundles(list(resources)))))


_FHIR = {"Content-Type": "application/fhir+json"}


def _bundles(resources: Sequence[dict[str, Any]]) -> Iterator[str]:
    for start in range(0, len(resources), A_BUNDLE):
        entries = [
            {"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}}
            for r in resources[start : start + A_BUNDLE]
        ]
        yield json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries})


def _keep_definitions(host: OwnHost) -> None:
    token = host.token("staff", subject="bench", roles=["marketing_manager"])
    for kind in ("triggers", "templates", "journeys"):
        for file in sorted((DEFINITIONS / kind).glob("*.json")):
            definition = json.loads(file.read_text())
            if kind == "journeys":
                # what it sends is not measured
                definition |= {"reentry_days": 0, "steps": definition["steps"][1:]}
            headers = {"Authorization": f"Bearer {token}"}
            host.http.put(f"/api/{kind}/{file.stem}", json=definition, headers=headers).raise_for_status()
    time.sleep(2.5)  # definitions are in force within two seconds


def a_patient(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": f"bench-{number}",
        "active": True,
        "name": [{"family": "O'Neill", "given": ["Ada"]}],
        "telecom": [{"system": "phone", "use": "mobile", "value": f"+4477009{number:05}"}],
    }


def a_result(name: str, number: int, patients: int) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"{name}-{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
        "subject": {"reference": f"Patient/bench-{number % patients}"},
        "effectiveDateTime": SystemClock().real().isoformat(),
        "valueQuantity": {"value": 8.5, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    }


def _tell(what: str, changes: int, seconds: float) -> None:
    print(f"{what:>44}: {changes / seconds:,.0f} a second ({seconds:.1f} s)")
