"""What the timers do: find what is due and queue it, and none of the work itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Document, Documents, Index

T = TypeVar("T")

MOST_AT_ONCE = 5000
"""What one tick queues at most; the next finds the rest, longest due first."""


def due(
    documents: Documents, index: Index, of: type[T], *, up_to: datetime
) -> Iterator[Sequence[Document[T]]]:
    """Give what is due by then, longest due first, page by page to the end; a page is read when asked for."""
    after = None
    while True:
        page = documents.find(index, of, up_to=up_to, after=after)
        yield page.items
        after = page.next
        if after is None:
            return


def queued(
    publisher: Publisher, pages: Iterable[Sequence[Announcement]], *, most: int | None = MOST_AT_ONCE
) -> int:
    """Publish each page before the next is asked for; give how many announcements that were.

    It stops after the page that reaches `most`. What a page leaves out does not count; None knows no end.
    """
    count = 0
    for page in pages:
        if page:
            publisher.publish(page)
        count += len(page)
        if most is not None and count >= most:
            break
    return count


def all_queued(
    documents: Documents,
    publisher: Publisher,
    index: Index,
    of: type[T],
    announced: Callable[[Document[T]], Announcement],
    *,
    up_to: datetime,
) -> int:
    """Publish what each says that is due by then, to the end; give how many that were."""
    pages = due(documents, index, of, up_to=up_to)
    return queued(publisher, ([announced(found) for found in page] for page in pages), most=None)
