"""A change of somebody's own details on its way into the record, until it is known what came of it."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Document, Documents
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.documents import patient_partition
from shared.patients.model import Channel

PENDING = "details~pending"


@dataclass(frozen=True, slots=True)
class PointBefore:
    """A contact point as it was before the change."""

    channel: Channel
    contact: str
    address: Sensitive[str]


@dataclass(frozen=True, slots=True)
class PendingDetails:
    """What stood before, as of which version of the Patient; kept until whoever read there has been told."""

    request_id: str
    patient_id: PatientId
    base_version: int
    begun_at: datetime
    before: tuple[PointBefore, ...]


def pending_of(documents: Documents, patient_id: PatientId) -> Document[PendingDetails] | None:
    """Give a change that has not been settled."""
    return documents.look(patient_partition(patient_id), PENDING, PendingDetails)
