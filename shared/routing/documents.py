"""Where workstreams, queues and representatives are kept, and how they are found."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Document, Documents, Index, Replace, announcing, replacing
from shared.kernel.refusals import NotFound
from shared.routing.model import AssignWork, RepresentativeId
from shared.routing.queues import NoSuchQueue, WorkQueue
from shared.routing.representatives import NoSuchRepresentative, Representative
from shared.routing.waiting import Stay, WaitingWork
from shared.routing.workstreams import NoSuchWorkstream, Workstream

WORKSTREAMS = Index("workstream", "name")
QUEUES = Index("queue", "priority")
PRESENCE = Index("representative", "presence.base")
FREE = Index("representative", "free_since")
"""To whom work can be given, least active first; nobody else has a place in it."""
LAPSES = Index("representative", "lapses_at")
"""Whose reservations end, in order of the first that does."""
READY = Index("waiting", "ready_at")
"""Which work may be held out to somebody, in order of since when."""
INDEXES = (WORKSTREAMS, QUEUES, PRESENCE, FREE, LAPSES, READY)

WORKSTREAM = "workstream~current"
QUEUE = "queue~current"
REPRESENTATIVE = "representative~self"

KNOWN, UNKNOWN = "waiting~0", "waiting~1"
"""How the ids begin of those who wait and are known, and of those who are not."""

REMEMBERED_FOR = timedelta(days=7)
"""How long it is known that a stay, or a reservation, is over: much longer than any message is late."""


def workstream_partition(workstream_id: str) -> str:
    return f"workstream/{workstream_id}"


def queue_partition(queue_id: str) -> str:
    return f"queue/{queue_id}"


def representative_partition(representative_id: str) -> str:
    return f"representative/{representative_id}"


def waiting_id(work: WaitingWork) -> str:
    """Name it for its place: a queue's ids are in the order in which it is served.

    Whoever is known comes first, then whoever began to wait first; the id says neither who nor what.
    """
    since = work.since.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")
    return f"{KNOWN if work.is_known else UNKNOWN}~{since}~{work.work_id}"


def stay_id(work_id: str) -> str:
    return f"stay~{work_id}"


def settled_id(work_id: str) -> str:
    """Name the mark that a representative is done with work, up to a round."""
    return f"settled~{work_id}"


def workstream_document(documents: Documents, workstream_id: str) -> Document[Workstream]:
    """Read a workstream with the etag to change it by. Raises `NoSuchWorkstream`."""
    try:
        return documents.read(workstream_partition(workstream_id), WORKSTREAM, Workstream)
    except NotFound:
        raise NoSuchWorkstream from None


def workstream_at(documents: Documents, workstream_id: str) -> Workstream:
    """Give a workstream as it now is. Raises `NoSuchWorkstream`."""
    return workstream_document(documents, workstream_id).body


def queue_at(documents: Documents, queue_id: str) -> Document[WorkQueue]:
    """Read a queue with the etag to change it by. Raises `NoSuchQueue`."""
    try:
        return documents.read(queue_partition(queue_id), QUEUE, WorkQueue)
    except NotFound:
        raise NoSuchQueue from None


def representative_at(documents: Documents, representative_id: str) -> Document[Representative]:
    """Read a representative. Raises `NoSuchRepresentative`."""
    try:
        return documents.read(representative_partition(representative_id), REPRESENTATIVE, Representative)
    except NotFound:
        raise NoSuchRepresentative from None


def waiting_from(
    documents: Documents, queue_id: str, *, after: str | None = None
) -> Iterator[Document[WaitingWork]]:
    """Give what waits in a queue, in the order in which it is served; a page is read when it is come to."""
    while True:
        page = documents.list(queue_partition(queue_id), "waiting", WaitingWork, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def waiting_in(documents: Documents, queue_id: str) -> list[Document[WaitingWork]]:
    """Give all that waits in a queue, in the order in which it is served."""
    return list(waiting_from(documents, queue_id))


def is_full_of_unknown(documents: Documents, queue_id: str, most: int) -> bool:
    """Say whether so many wait there of whom we know nothing, reading no more of them than that."""
    unknown = waiting_from(documents, queue_id, after=UNKNOWN)
    return next(islice(unknown, most - 1, None), None) is not None


def waiting_at(
    documents: Documents, queue_id: str, work_id: str
) -> tuple[Document[Stay] | None, Document[WaitingWork] | None]:
    """Look at a work's latest stay in a queue, and at what still waits of it."""
    partition = queue_partition(queue_id)
    stay = documents.look(partition, stay_id(work_id), Stay)
    if stay is None or stay.body.waiting_id is None:
        return stay, None
    return stay, documents.look(partition, stay.body.waiting_id, WaitingWork)


def has_gone(documents: Documents, representative_id: str) -> bool:
    """Say whether a representative is away from their desk just now, or was never there (RT-12)."""
    partition = representative_partition(representative_id)
    found = documents.look(partition, REPRESENTATIVE, Representative)
    return found is None or found.body.presence.has_gone


def is_offered_to(
    documents: Documents, work_id: str, round_: int, representative_id: str, now: datetime
) -> bool:
    """Say whether room is kept with a representative for this stay, so that they may have been told of it."""
    partition = representative_partition(representative_id)
    found = documents.look(partition, REPRESENTATIVE, Representative)
    holdings = found.body.holdings if found else ()
    return any((one.work_id, one.round) == (work_id, round_) and one.is_offer(now) for one in holdings)


def representatives_found(
    documents: Documents, index: Index, *, up_to: datetime | None = None
) -> Iterator[Document[Representative]]:
    """Give the representatives who have a place in an index, in its order, page after page."""
    after: str | None = None
    while True:
        page = documents.find(index, Representative, up_to=up_to, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def keeping_stay(before: Document[Stay] | None, stay: Stay, now: datetime) -> Create | Replace:
    """Write which stay is the latest; one that is over is forgotten after a week."""
    until = now + REMEMBERED_FOR if stay.is_over else None
    if before is None:
        return Create(stay_id(stay.work_id), stay, expires_at=until)
    return replacing(before, stay, expires_at=until)


def asking_for_assignment(queue_id: str, *, of: Create | Replace | Document[WorkQueue]) -> Announcement:
    """Announce that something in a queue is to be matched, because of what is being written."""
    return announcing(AssignWork(queue_id), of=of, named=f"{queue_id}~{of.id}~{of.version}")


def assignments_for(
    queue_ids: list[str], representative_id: RepresentativeId, write: Create | Replace
) -> list[Announcement]:
    """Announce that somebody may take work from these queues, as of this state of theirs."""
    return [
        announcing(AssignWork(queue_id), of=write, named=f"{queue_id}~{representative_id}~{write.version}")
        for queue_id in queue_ids
    ]
