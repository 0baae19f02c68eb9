"""The embedded FHIR server behind a real socket."""

import socket
import sqlite3
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from local.fhir_export_jobs import PER_FILE
from local.fhir_exports import Exports
from local.fhir_faults import Faults
from local.fhir_server import fhir_app
from local.web import RecordAtItsBase
from shared.adapters.sqlite_record import SqliteRecord


@dataclass(frozen=True, slots=True)
class FhirHouse:
    """A client of the server, the record and the file behind it, and the faults it can be told to have."""

    http: httpx.Client
    record: SqliteRecord
    faults: Faults
    path: Path


@contextmanager
def fhir_house(record: SqliteRecord, path: Path, *, per_file: int = PER_FILE) -> Generator[FhirHouse]:
    """Serve the record at `/fhir` of a free loopback port, which listens before anyone asks."""
    # Named TCP, a socket answers at once; else an answer of two packets waits 40 ms (as in local/host.py).
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}/fhir"
        faults = Faults()
        exports = Exports(record, per_file=per_file)
        served = fhir_app(record, base_url=base_url, faults=faults, exports=exports)
        app = RecordAtItsBase(Starlette(routes=[Mount("/fhir", served)]))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        try:
            with httpx.Client(base_url=base_url) as http:
                yield FhirHouse(http, record, faults, path)
        finally:
            server.should_exit = True
            serving.join()


TABLES = "resource", "past", "term", "stretch", "event", "erased"


def emptied(house: FhirHouse) -> FhirHouse:
    """Empty the record, but leave the server standing: starting it costs more than most tests."""
    with closing(sqlite3.connect(house.path)) as connection:
        connection.executescript(";".join(f"DELETE FROM {table}" for table in TABLES))  # noqa: S608  # our own tables
    return house


def put(house: FhirHouse, resource: dict[str, Any], **headers: str) -> httpx.Response:
    return house.http.put(f"/{resource['resourceType']}/{resource['id']}", json=resource, headers=headers)


def entry(method: str, url: str, resource: dict[str, Any] | None = None, **request: str) -> dict[str, Any]:
    asked = {"request": {"method": method, "url": url, **request}}
    return asked if resource is None else {**asked, "resource": resource}


def send(house: FhirHouse, kind: str, *entries: dict[str, Any]) -> httpx.Response:
    return house.http.post("/", json={"resourceType": "Bundle", "type": kind, "entry": list(entries)})


def issue(response: httpx.Response) -> dict[str, Any]:
    said = response.json()
    assert said["resourceType"] == "OperationOutcome"
    assert response.headers["content-type"].startswith("application/fhir+json")
    return said["issue"][0]
