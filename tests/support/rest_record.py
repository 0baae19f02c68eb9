"""The REST adapter over the embedded server, behind a real socket: what a hospital's own server is to it."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shared.adapters.fhir_rest import FhirRestRecord
from shared.adapters.fhir_rest_circuit import Circuit
from shared.adapters.fhir_rest_server import FhirServer, Patience
from shared.adapters.fhir_rest_tokens import Tokens
from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.clock import Clock
from tests.support.fhir_http import FhirHouse, fhir_house


@dataclass(slots=True)
class Waits:
    """Notes for how long somebody would have waited, and lets the time pass."""

    seconds: list[float] = field(default_factory=list[float])
    passed: float = 1000.0

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.passed += seconds

    def pace(self) -> float:
        return self.passed


@dataclass(frozen=True, slots=True)
class RestHouse:
    """The adapter, the server it asks, and how long it waited between."""

    record: FhirRestRecord
    server: FhirHouse
    waits: Waits


@contextmanager
def a_rest_house(folder: Path, clock: Clock, *, tokens: Tokens | None = None) -> Generator[RestHouse]:
    """Serve an embedded record of its own, and ask it over HTTP."""
    path = folder / "record.db"
    embedded = SqliteRecord(path, clock=clock)
    try:
        with fhir_house(embedded, path) as house:
            waits = Waits()
            record = a_rest_record(str(house.http.base_url), clock, waits, tokens=tokens)
            try:
                yield RestHouse(record, house, waits)
            finally:
                record.close()
    finally:
        embedded.close()


def a_rest_record(
    base_url: str,
    clock: Clock,
    waits: Waits,
    *,
    tokens: Tokens | None = None,
    patience: Patience | None = None,
) -> FhirRestRecord:
    """Ask whatever is there, without ever sleeping."""
    circuit = Circuit(pace=waits.pace)
    server = FhirServer(base_url, tokens, wait=waits, circuit=circuit, patience=patience)
    return FhirRestRecord(server, clock=clock)
