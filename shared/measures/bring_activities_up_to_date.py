"""Let the lake follow what happened with patients."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from shared.activities.documents import CHANGED_ON, Told, day_of
from shared.kernel.documents import Document, Documents
from shared.kernel.identity import derived
from shared.measures.ports import MeasureLake
from shared.segments.facts import ActivityFacts

TOGETHER = 5000
"""Activities in one write."""
LONGEST_GAP = 60
"""Days; beyond, one look at all costs less than a look at each day."""


@dataclass(frozen=True, slots=True)
class BringActivitiesUpToDate:
    """Writes what was told or withdrawn since the day before the lake's mark, which is a day.

    That day and the last are written each time: an instance whose clock lags may have added to them. Killed
    on the way it begins again from the same mark; who is written twice is there once.
    """

    documents: Documents
    measures: MeasureLake
    together: int = TOGETHER

    def __call__(self, *, now: datetime) -> int:
        """Give how many were written. Raises `LostRace` when somebody else is doing the same."""
        mark, today = self.measures.activities_mark(), day_of(now)
        told, written = self._told_since(mark, today), 0
        while True:
            facts = [_facts(one) for one in islice(told, self.together)]
            is_all = len(facts) < self.together
            self.measures.write_activities(facts, after=mark, mark=today if is_all else mark)
            written += len(facts)
            if is_all:
                return written

    def _told_since(self, mark: str | None, today: str) -> Iterator[Document[Told]]:
        days = _days(mark, today) if mark else None
        if days is None:
            yield from self._told_on(None)
            return
        for day in days:
            yield from self._told_on(day)

    def _told_on(self, day: str | None) -> Iterator[Document[Told]]:
        after: str | None = None
        while True:
            page = self.documents.find(CHANGED_ON, Told, equal_to=day, limit=1000, after=after)
            yield from page.items
            after = page.next
            if after is None:
                return


def _days(mark: str, today: str) -> Sequence[str] | None:
    """Give the days to look at; None for all there are."""
    first, last = date.fromisoformat(mark) - timedelta(days=1), date.fromisoformat(today)
    if (last - first).days > LONGEST_GAP:
        return None
    return [(first + timedelta(days=ahead)).isoformat() for ahead in range((last - first).days + 2)]


def _facts(found: Document[Told]) -> ActivityFacts:
    told = found.body
    return ActivityFacts(
        id=derived(told.patient_id, told.activity_id),
        patient_id=told.patient_id,
        version=found.version,
        deleted=told.entry_id is None,
        type=told.type_id,
        source=told.source,
        kind=told.kind,
        event=told.event,
        starts_at=told.at,
        expires_at=found.expires_at,
    )
