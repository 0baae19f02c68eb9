"""Give a person's data as it is now, kind by kind."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.consent.data_requests.documents import request_at
from shared.consent.data_requests.model import (
    EXPORT_LASTS,
    Manifest,
    NothingToFetch,
    RequestKind,
    RequestState,
)
from shared.consent.data_requests.ports import Held, PersonalData, of_all
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class Exported:
    """What there is, by kind, and whose it is."""

    patient_id: PatientId
    manifest: Manifest
    documents: tuple[tuple[str, tuple[dict[str, Any], ...]], ...]


@dataclass(frozen=True, slots=True)
class ExportData:
    """Reads it when it is fetched, so that no copy lies about; for thirty days after it was ready."""

    documents: Documents
    personal_data: PersonalData

    def __call__(self, *, request_id: str, now: datetime) -> Exported:
        """Give it, or raise `NoSuchRequest` or `NothingToFetch`."""
        request = request_at(self.documents, request_id).body
        is_ready = request.kind is RequestKind.EXPORT and request.state is RequestState.COMPLETED
        if not is_ready or request.ended_at is None or now >= request.ended_at + EXPORT_LASTS:
            raise NothingToFetch
        people = request.people(request.contacts)
        found = tuple(
            (one.name, documents)
            for one in self.personal_data.holdings
            if (documents := tuple(map(_as_line, of_all(one, people))))
        )
        counts = {name: len(documents) for name, documents in found}
        return Exported(request.patient_id, Manifest(counts, (), now), found)


def _as_line(held: Held) -> dict[str, Any]:
    return {"partition": held.partition, "id": held.id, "version": held.version, "body": held.body}
