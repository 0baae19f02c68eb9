"""Which queues hold work that somebody could take now?"""

from collections.abc import Iterator
from datetime import datetime

from shared.kernel.documents import Documents
from shared.routing.documents import QUEUE, READY, queue_partition
from shared.routing.queues import WorkQueue
from shared.routing.representatives import Representative
from shared.routing.waiting import WaitingWork

MOST_PAGES = 3
"""What is looked through when one person becomes free; queues beyond are found by the next sweep."""
MOST_QUEUES = 20
"""So many are announced with one change of a representative, well within one commit (D4: 100)."""


def queues_in_need(documents: Documents, now: datetime, *, pages: int | None = None) -> list[str]:
    """Give the queues in which work is ready to be held out, each once, the longest ready first."""
    return list(dict.fromkeys(_ready_in(documents, now, pages)))


def queues_that_need(documents: Documents, representative: Representative, now: datetime) -> list[str]:
    """Give the queues in need that somebody who is free takes work from, lower priority number first."""
    if representative.free_since is None:
        return []
    looked_at = [_queue(documents, each) for each in queues_in_need(documents, now, pages=MOST_PAGES)]
    theirs = [each for each in looked_at if each is not None and each.has_member(representative.subject)]
    return [each.id for each in sorted(theirs, key=lambda each: each.priority)][:MOST_QUEUES]


def _ready_in(documents: Documents, now: datetime, pages: int | None) -> Iterator[str]:
    after: str | None = None
    while pages is None or pages > 0:
        page = documents.find(READY, WaitingWork, up_to=now, after=after)
        yield from (found.body.queue_id for found in page.items)
        after, pages = page.next, None if pages is None else pages - 1
        if after is None:
            return


def _queue(documents: Documents, queue_id: str) -> WorkQueue | None:
    found = documents.look(queue_partition(queue_id), QUEUE, WorkQueue)
    return found.body if found else None
