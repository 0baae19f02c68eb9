"""Data requests as documents."""

from datetime import datetime

from shared.consent.data_requests.model import DataRequest, NoSuchRequest
from shared.consent.model import CarryOutDataRequest
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Document, Documents, Index, Replace, announcing
from shared.kernel.refusals import NotFound

STATE = Index("datarequest", "state")
"""Which requests have come how far."""
CURRENT = "datarequest~current"


def request_partition(request_id: str) -> str:
    return f"data-request/{request_id}"


def request_at(documents: Documents, request_id: str, *, at_least: int = 0) -> Document[DataRequest]:
    """Read a request. Raises `NoSuchRequest`, or `NotYetVisible` below the version."""
    try:
        return documents.read(request_partition(request_id), CURRENT, DataRequest, at_least=at_least)
    except NotFound:
        raise NoSuchRequest from None


def going_on(write: Create | Replace, request: DataRequest, *, at: datetime | None = None) -> Announcement:
    """Announce the step that the request has now come to."""
    step = CarryOutDataRequest(request.id, request.step, write.version)
    return announcing(step, of=write, named=f"{request.id}~{write.version}", due_at=at)
