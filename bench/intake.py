"""`make bench-intake`: changes a second from the event to the updated projection of its patient.

The same events are told, 200 in one request, to the web hook of the house with its record inside, to that of
the house whose record is a FHIR server in another process, and to an assembly of FastAPI, Celery over Redis
and SQLAlchemy over PostgreSQL beside the same server (`assembly_app.py`); each is timed until the last of
them is kept. Beside them the least of whoever keeps a copy: one loop that reads each resource in the record's
own file and commits the same fact with plain sqlite3. All of it is forced to the disk before it counts; Redis
forces its log once a second. On a busy machine the clock says little, least of those with many processes: the
processor time of all processes, the FHIR server's included, stands beside it. With `--journeys`, the way from
a FHIR write to the start of a journey as well.
"""

import argparse
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench import journey_starts
from bench.assembly import PartMissing, Parts, an_assembly, parts
from bench.journey_starts import a_patient, a_result
from bench.processor_time import seconds_of_children
from local.beside import beside
from local.laptop_settings import EXAMPLE, laptop_settings
from local.own_host import OwnHost, own_host
from local.record_elsewhere import PROGRAM, options_of
from shared.adapters.codec import to_json
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Write
from shared.kernel.clock import SystemClock
from shared.kernel.documents import Create
from shared.kernel.identity import PatientId
from shared.patients.declarations import DECLARED
from shared.patients.documents import PROJECTION, Projection, fact_id, patient_partition
from shared.patients.facts_in_fhir import fact_from

TOLD_AT_ONCE = 200
WRITTEN_AT_ONCE = 100
WARM_BY = 100
LOOKS_AFTER = 0.2
"""Seconds between looks at how many are kept: the assembly answers them itself, at its own cost."""
MOST_SECONDS = 600.0
NOBODY = "http://127.0.0.1:9/"
ONCE_A_YEAR = ("--set", "CHANGE_POLL_SCHEDULE=0 0 0 1 1 *")
"""The house is told of all of it; its own look at the record would take it in as well."""
_FACTS = "SELECT count(*) FROM index_entries WHERE kind = 'fact' AND field = 'resource'"

Event = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.intake")
    parser.add_argument("--changes", type=int, default=4000)
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--journeys", action="store_true", help="measure the start of journeys as well")
    said = parser.parse_args()
    before = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, with a load of {before:.1f} before anything began")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        measured = _measured(Path(folder), said.changes, said.patients)
    print(f"{'':>42}  changes a second  processor time of one")
    for name, took in measured.items():
        print(f"{name:>42}: {took.rate:16,.0f} {took.processor * 1000:19.2f} ms")
    print(f"with a load of {os.getloadavg()[0]:.1f} after it")
    _compare("the house", measured["the house"], "fetch and store", measured[_BARE])
    if _ASSEMBLY in measured:
        _compare("the house, its record beside", measured[_ELSEWHERE], "the assembly", measured[_ASSEMBLY])
    if said.journeys:
        journey_starts.measure(said.changes, said.patients)


@dataclass(frozen=True, slots=True)
class Took:
    """What some changes took, by the clock and of processors, in seconds."""

    changes: int
    clock: float
    used: float

    @property
    def rate(self) -> float:
        return self.changes / self.clock

    @property
    def processor(self) -> float:
        return self.used / self.changes


def _compare(one: str, ours: Took, other: str, theirs: Took) -> None:
    by_clock, by_processor = ours.rate / theirs.rate, theirs.processor / ours.processor
    print(f"{one}: {by_clock:.2f} times {other} by the clock, {by_processor:.2f} times by processor time")


_BARE = "fetch and store, nothing else"
_ELSEWHERE = "the house, its record a server beside"
_ASSEMBLY = "an assembly beside the same server"


def _measured(folder: Path, changes: int, patients: int) -> dict[str, Took]:
    """Give what the changes took by each way."""
    house, server = folder / "house", folder / "server"
    events = _prepared(house, changes + WARM_BY, patients)
    bare = _bare(house / "record.db", events, folder / "bare.db")
    with own_host(house, options=ONCE_A_YEAR) as host:
        inside = _by_the_house(host, events)
    events = _prepared(server, changes + WARM_BY, patients)
    with ExitStack() as running:
        record = running.enter_context(beside(PROGRAM, server, "--tells", NOBODY))
        options = (*options_of(record), *ONCE_A_YEAR)
        with own_host(server, options=options) as host:
            elsewhere = _by_the_house(host, events)
        measured = {"the house": inside, _ELSEWHERE: elsewhere, _BARE: bare}
        try:
            found = parts()
        except PartMissing as missing:
            print(f"{_ASSEMBLY}: skipped, since {missing}")
            return measured
        assembly = _by_the_assembly(folder / "assembly", found, record.said["base_url"], events)
        return {**measured, _ASSEMBLY: assembly}


def _prepared(folder: Path, changes: int, patients: int) -> Sequence[Event]:
    """Write a record, and of each patient that they are projected; give the events of the results."""
    folder.mkdir()
    with closing(SqliteRecord(folder / "record.db", clock=SystemClock())) as record:
        _write(record, [a_patient(number) for number in range(patients)])
        record.forget_events(patients)
        _write(record, [a_result("result", number, patients) for number in range(changes)])
        events = record.events(0, changes)
        record.forget_events(events[-1][0])
    with closing(SqliteFile(folder / "store.db")) as file:
        documents = SqliteDocuments(file, clock=SystemClock())
        for number in range(patients):
            patient, now = PatientId(f"bench-{number}"), SystemClock().now()
            nothing_yet = Projection(patient, DECLARED, complete_as_of=now)
            documents.commit(patient_partition(patient), changes=[Create(PROJECTION, nothing_yet)])
    return [event for _, event in events]


def _write(record: SqliteRecord, resources: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(resources), WRITTEN_AT_ONCE):
        some = resources[start : start + WRITTEN_AT_ONCE]
        record.transaction([Write("PUT", one["resourceType"], one["id"], one) for one in some])


def _bare(record_file: Path, events: Sequence[Event], kept: Path) -> Took:
    """Read each resource and commit its fact, in one loop."""
    with (
        closing(SqliteRecord(record_file, clock=SystemClock())) as record,
        closing(sqlite3.connect(kept, isolation_level=None)) as store,
    ):
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("PRAGMA synchronous = FULL")
        store.execute("CREATE TABLE facts (patient TEXT, id TEXT, body TEXT, PRIMARY KEY (patient, id))")
        began, before = time.perf_counter(), time.process_time()
        for event in events:
            resource = record.read(event["data"]["resourceType"], event["data"]["resourceFhirId"])
            patient = PatientId(resource["subject"]["reference"].partition("/")[2])
            fact = fact_from(resource, patient)
            assert fact is not None  # noqa: S101  # an Observation of this patient
            row = (patient, fact_id(fact.resource), to_json(fact).decode())
            store.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", row)
        return Took(len(events), time.perf_counter() - began, time.process_time() - before)


def _by_the_house(host: OwnHost, events: Sequence[Event]) -> Took:
    host.until_idle()
    secret = laptop_settings(EXAMPLE, port=host.port, data=host.folder, said={})["FHIR_WEBHOOK_SECRET"]
    with closing(sqlite3.connect(host.folder / "store.db", isolation_level=None)) as store:
        return _timed(
            lambda some: host.http.post("/api/fhir-changes", params={"code": secret}, json=some),
            lambda: store.execute(_FACTS).fetchone()[0],
            events,
        )


def _by_the_assembly(folder: Path, found: Parts, fhir: str, events: Sequence[Event]) -> Took:
    with an_assembly(folder, found, fhir=fhir) as web:
        return _timed(
            lambda some: web.post("/changes", json=some), lambda: int(web.get("/count").text), events
        )


def _timed(
    tell: Callable[[Sequence[Event]], httpx.Response], kept: Callable[[], int], events: Sequence[Event]
) -> Took:
    """Tell all events as fast as they are taken, and see when all of them are kept.

    The first few are not timed: they load what is loaded when first used.
    """
    assert kept() == 0  # noqa: S101  # else something else has taken them in
    _tell(tell, kept, events[:WARM_BY], WARM_BY)
    began, before = time.perf_counter(), seconds_of_children()
    _tell(tell, kept, events[WARM_BY:], len(events))
    clock = time.perf_counter() - began
    return Took(len(events) - WARM_BY, clock, seconds_of_children() - before)


def _tell(
    tell: Callable[[Sequence[Event]], httpx.Response],
    kept: Callable[[], int],
    events: Sequence[Event],
    in_all: int,
) -> None:
    began = time.perf_counter()
    for start in range(0, len(events), TOLD_AT_ONCE):
        tell(events[start : start + TOLD_AT_ONCE]).raise_for_status()
    while kept() < in_all:
        if time.perf_counter() - began > MOST_SECONDS:
            raise TimeoutError
        time.sleep(LOOKS_AFTER)


if __name__ == "__main__":
    main()
