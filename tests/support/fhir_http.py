"""The embedded FHIR server behind a real socket."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

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
def fhir_house(record: SqliteRecord, path: Path) -> Generator[FhirHouse]:
    """Serve the record at `/fhir` of a free loopback port, which listens before anyone asks."""
    # Named TCP, a socket answers at once; else an answer of two packets waits 40 ms (as in local/host.py).
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}/fhir"
        faults = Faults()
        app = RecordAtItsBase(
            Starlette(routes=[Mount("/fhir", fhir_app(record, base_url=base_url, faults=faults))])
        )
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        try:
            with httpx.Client(base_url=base_url) as http:
                yield FhirHouse(http, record, faults, path)
        finally:
            server.should_exit = True
            serving.join()
