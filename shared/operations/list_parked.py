"""Show operators what is parked."""

from dataclasses import dataclass

from shared.kernel.documents import Document, Documents, Page
from shared.kernel.refusals import Nonsense
from shared.operations.documents import PARKED_AT
from shared.operations.model import ParkedMessage, ParkedQuery
from shared.operations.shown import ParkedShown, shown

MOST = 500


@dataclass(frozen=True, slots=True)
class ParkedPage:
    """Some parked messages; a page may hold few and still have a `next`, where most are in another state."""

    messages: tuple[ParkedShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListParked:
    """List parked messages, longest parked first, without their bodies."""

    documents: Documents

    def __call__(self, query: ParkedQuery) -> ParkedPage:
        if not 1 <= query.limit <= MOST:
            raise Nonsense(("limit", f"must be 1 to {MOST}"))
        page = self._page(query)
        wanted = (d for d in page.items if query.state in (None, d.body.state))
        return ParkedPage(tuple(shown(document) for document in wanted), page.next)

    def _page(self, query: ParkedQuery) -> Page[Document[ParkedMessage]]:
        if query.day is None:
            return self.documents.find(PARKED_AT, ParkedMessage, limit=query.limit, after=query.after)
        return self.documents.list(
            f"parked/{query.day.isoformat()}", "parked", ParkedMessage, limit=query.limit, after=query.after
        )
