"""Show the privacy officer what was done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.audit.documents import BY_PATIENT, BY_PERSON
from shared.audit.in_order import Line, Place, days, of_day, of_index
from shared.audit.model import AuditEntry, AuditQuery
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense

MOST = 500
MOST_SEEN = 2_000
"""Entries looked at for one page; of those, a question may want few."""
MOST_DAYS = 31
"""The longest time that can be asked about without naming anybody: a page looks into every day's buckets."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some of the audit, in the order in which it was done; `next` is where to go on.

    A page may hold fewer than were asked for, or none, and still have a next.
    """

    entries: tuple[AuditEntry, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListAudit:
    """List what was done in a time, to a patient, or by a person, page by page until `next` is missing."""

    documents: Documents
    most_seen: int = MOST_SEEN

    def __call__(self, query: AuditQuery) -> AuditPage:
        lines, following = self.lines(query)
        return AuditPage(tuple(line.body for line in lines), following)

    def lines(self, query: AuditQuery) -> tuple[list[Line], str | None]:
        """Give the documents of one page, and where the next begins."""
        if not 1 <= query.limit <= MOST:
            raise Nonsense(("limit", f"must be 1 to {MOST}"))
        wanted: list[Line] = []
        place = Place()
        for number, (at, line) in enumerate(self._found(query)):
            if len(wanted) == query.limit or number == self.most_seen:
                return wanted, str(place)
            place = at
            if query.wants(line.body):
                wanted.append(line)
        return wanted, None

    def _found(self, query: AuditQuery) -> Iterator[tuple[Place, Line]]:
        """Give entries by what narrows them most."""
        after = Place.spelt(query.after)
        if query.day is not None and (query.since or query.until):
            raise Nonsense(("day", "give either a day or since and until"))
        if query.patient_id is not None or query.who is not None:
            index = BY_PERSON if query.patient_id is None else BY_PATIENT
            return of_index(self.documents, index, query.patient_id or query.who or "", after)
        return self._of_days(*_time_of(query), after)

    def _of_days(self, first: date, last: date, after: Place) -> Iterator[tuple[Place, Line]]:
        for day in days(max(first, after.day or first), last):
            yield from of_day(self.documents, day, after)


def _time_of(query: AuditQuery) -> tuple[date, date]:
    first, last = query.day or query.since, query.day or query.until
    if first is None or last is None:
        raise Nonsense(("day", "give a day, since and until, a patient_id or who"))
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Nonsense(("until", f"must be since, or up to {MOST_DAYS - 1} days after it"))
    return first, last
