"""Show the privacy officer who read on a reason alone."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense
from shared.patients.broken_glass import BrokenGlass, broken_glass_partition

MOST = 500


@dataclass(frozen=True, slots=True)
class WhichReadings:
    """Of which day (UTC), today's otherwise; `after` is a former answer's `next`."""

    day: date | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ReadingsFound:
    """One page of a day's readings, in order of time."""

    readings: tuple[BrokenGlass, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListBrokenGlass:
    """List what was read on a day without a care relationship, and the reasons given, page by page (D13)."""

    documents: Documents

    def __call__(self, which: WhichReadings, *, now: datetime) -> ReadingsFound:
        if not 1 <= which.limit <= MOST:
            raise Nonsense(("limit", f"must be 1 to {MOST}"))
        partition = broken_glass_partition(which.day or now)
        page = self.documents.list(
            partition, "brokenglass", BrokenGlass, limit=which.limit, after=which.after
        )
        return ReadingsFound(tuple(found.body for found in page.items), page.next)
