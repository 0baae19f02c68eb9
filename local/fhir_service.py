"""What every request to the embedded FHIR server needs."""

from dataclasses import dataclass

from local.fhir_exports import Exports
from local.fhir_faults import Faults
from shared.adapters.sqlite_record import SqliteRecord


@dataclass(frozen=True, slots=True)
class Service:
    record: SqliteRecord
    base_url: str
    faults: Faults
    exports: Exports
