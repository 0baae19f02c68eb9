"""List what a patient was sent, or was to be sent."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense
from shared.messaging.message_view import MessageView, view_of
from shared.messaging.model import Message
from shared.patients.documents import patient_partition

MOST = 200


@dataclass(frozen=True, slots=True)
class MessagesQuery:
    """Where to go on, and how many at once."""

    after: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """Some of the messages, in order of their ids; `next` is where to go on."""

    messages: tuple[MessageView, ...]
    next: str | None


def checked_limit(query: MessagesQuery) -> None:
    """Refuse a page that is none, or too large."""
    if not 1 <= query.limit <= MOST:
        raise Nonsense(("limit", f"must be 1 to {MOST}"))


@dataclass(frozen=True, slots=True)
class ListMessages:
    """List one patient's messages, page by page until `next` is missing."""

    documents: Documents

    def __call__(self, query: MessagesQuery, *, patient_id: PatientId) -> MessagesPage:
        checked_limit(query)
        page = self.documents.list(
            patient_partition(patient_id), "message", Message, limit=query.limit, after=query.after
        )
        return MessagesPage(tuple(view_of(found.body) for found in page.items), page.next)
