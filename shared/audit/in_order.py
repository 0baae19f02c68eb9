"""Entries in the order in which things were done, although they lie spread over buckets (D4)."""

import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shared.audit.documents import BUCKETS, bucket_partition, day_of
from shared.audit.model import AuditEntry
from shared.kernel.documents import Document, Documents, Index
from shared.kernel.refusals import Nonsense

AT_ONCE = 50
"""Entries asked of a bucket, or of an index, at a time."""
_PLACE = re.compile(r"(?P<mark>[0-9a-f]{0,4000})!(?P<id>audit~\d{8}T\d{12}~[0-9a-f]{40})", re.ASCII)

Line = Document[AuditEntry]


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands: after the entry `id`. `mark` is where an index is to be read on from."""

    id: str = ""
    mark: str | None = None

    @classmethod
    def spelt(cls, text: str | None) -> "Place":
        """Read a former page's `next`, which has been in other people's hands."""
        if text is None:
            return cls()
        parts = _PLACE.fullmatch(text)
        if parts is None:
            raise Nonsense(("after", "not a former page's next"))
        return cls(parts["id"], parts["mark"] or None)

    @property
    def day(self) -> date | None:
        """Give the day that this place lies in."""
        if not self.id:
            return None
        try:
            return datetime.strptime(self.id[6:14], "%Y%m%d").replace(tzinfo=UTC).date()
        except ValueError:
            raise Nonsense(("after", "not a former page's next")) from None

    def __str__(self) -> str:
        return f"{self.mark or ''}!{self.id}"


def of_day(documents: Documents, day: date, after: Place) -> Iterator[tuple[Place, Line]]:
    """Give a day's entries after a place, each with its own."""
    buckets = (_of_bucket(documents, bucket_partition(day, number), after.id) for number in range(BUCKETS))
    for line in heapq.merge(*buckets, key=lambda one: one.id):
        yield Place(line.id), line


def days(first: date, last: date) -> Iterator[date]:
    """Give every day from the first to the last."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def of_index(documents: Documents, index: Index, value: str, after: Place) -> Iterator[tuple[Place, Line]]:
    """Give what an index finds after a place; a day's entries are put in order when all of them are there.

    An index gives one day after another, and each day bucket by bucket. So much of one patient, or by one
    person, as a day holds is kept in mind at once.
    """
    mark, day, began = after.mark, list[Line](), after.mark
    while True:
        page = documents.find(index, AuditEntry, equal_to=value, limit=AT_ONCE, after=mark)
        for line in page.items:
            if day and day_of(line) != day_of(day[0]):
                yield from _in_time(day, began, after)
                day = []
            if not day:
                began = mark
            day.append(line)
        if page.next is None:
            yield from _in_time(day, began, after)
            return
        mark = page.next


def _in_time(day: list[Line], began: str | None, after: Place) -> Iterator[tuple[Place, Line]]:
    for line in sorted(day, key=lambda one: one.id):
        if line.id > after.id:
            yield Place(line.id, began), line


def _of_bucket(documents: Documents, partition: str, after: str) -> Iterator[Line]:
    place: str | None = after or None
    while True:
        page = documents.list(partition, "audit", AuditEntry, limit=AT_ONCE, after=place)
        yield from page.items
        if page.next is None:
            return
        place = page.next
