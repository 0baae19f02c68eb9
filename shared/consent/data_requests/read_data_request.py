"""Show how far a data request has come."""

from dataclasses import dataclass

from shared.consent.data_requests.documents import request_at
from shared.consent.data_requests.model import DataRequest
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class ReadDataRequest:
    """Give it, with its manifest once it has come to its end. Raises `NoSuchRequest`."""

    documents: Documents

    def __call__(self, *, request_id: str) -> DataRequest:
        return request_at(self.documents, request_id).body
