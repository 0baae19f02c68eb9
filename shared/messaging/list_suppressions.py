"""List the contact points that must be left alone."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.messaging.documents import SUPPRESSED_SINCE
from shared.messaging.list_messages import MessagesQuery, checked_limit
from shared.messaging.suppression import Suppression


@dataclass(frozen=True, slots=True)
class SuppressionsPage:
    """Some of them, longest suppressed first; `next` is where to go on."""

    suppressions: tuple[Suppression, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListSuppressions:
    """List suppressions that stand now, by keyed names; a page may hold fewer than were asked for."""

    documents: Documents

    def __call__(self, query: MessagesQuery, *, now: datetime) -> SuppressionsPage:
        checked_limit(query)
        page = self.documents.find(
            SUPPRESSED_SINCE, Suppression, up_to=now, limit=query.limit, after=query.after
        )
        standing = tuple(found.body for found in page.items if found.body.stands(now))
        return SuppressionsPage(standing, page.next)
