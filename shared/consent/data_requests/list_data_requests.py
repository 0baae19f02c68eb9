"""Show the privacy officer which data requests there are."""

from dataclasses import dataclass

from shared.consent.data_requests.documents import STATE
from shared.consent.data_requests.model import DataRequest, RequestState
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class WhichRequests:
    """Which to show: those in one state, or all; `after` is a former answer's `next`."""

    state: RequestState | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RequestsFound:
    """One page of requests."""

    requests: tuple[DataRequest, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListDataRequests:
    """Gives requests in order of their state, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichRequests) -> RequestsFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(STATE, DataRequest, equal_to=which.state, limit=limit, after=which.after)
        return RequestsFound(tuple(found.body for found in page.items), page.next)
