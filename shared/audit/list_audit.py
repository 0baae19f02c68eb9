"""Show the privacy officer what was done."""

from dataclasses import dataclass
from datetime import date

from shared.audit.documents import BUCKETS, BY_PATIENT, bucket_partition
from shared.audit.model import AuditEntry, AuditQuery
from shared.kernel.documents import Document, Documents, Page
from shared.kernel.refusals import Nonsense

MOST = 500


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some of the audit; `next` is where to go on. Entries of a day are in order of time within each page."""

    entries: tuple[AuditEntry, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListAudit:
    """List what was done on one day, or to one patient, page by page until `next` is missing."""

    documents: Documents

    def __call__(self, query: AuditQuery) -> AuditPage:
        if not 1 <= query.limit <= MOST:
            raise Nonsense(("limit", f"must be 1 to {MOST}"))
        if query.patient_id is not None and query.day is None:
            return _shown(self._of_patient(query))
        if query.day is not None and query.patient_id is None:
            return self._of_day(query.day, query)
        raise Nonsense(("day", "give either a day or a patient_id"))

    def _of_patient(self, query: AuditQuery) -> Page[Document[AuditEntry]]:
        return self.documents.find(
            BY_PATIENT, AuditEntry, equal_to=query.patient_id, limit=query.limit, after=query.after
        )

    def _of_day(self, day: date, query: AuditQuery) -> AuditPage:
        """Go through the day's buckets; a page is of one bucket, and says where the next begins."""
        bucket, after = _place(query.after)
        for number in range(bucket, BUCKETS):
            page = self.documents.list(
                bucket_partition(day, number), "audit", AuditEntry, limit=query.limit, after=after
            )
            rest = f"{number}!{page.next}" if page.next else _following(number)
            if page.items or rest is None:
                return _shown(Page(page.items, rest))
            after = None
        return AuditPage((), None)


def _shown(page: Page[Document[AuditEntry]]) -> AuditPage:
    return AuditPage(tuple(document.body for document in page.items), page.next)


def _following(number: int) -> str | None:
    return f"{number + 1}!" if number + 1 < BUCKETS else None


def _place(after: str | None) -> tuple[int, str | None]:
    bucket, _, rest = (after or "0!").partition("!")
    if not (bucket.isascii() and bucket.isdigit() and int(bucket) < BUCKETS):
        raise Nonsense(("after", "must be a former page's next"))
    return int(bucket), rest or None
