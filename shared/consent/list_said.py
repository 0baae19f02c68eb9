"""Show staff what a person has ever said about being written to, and how we came to know (CO-1)."""

from dataclasses import dataclass

from shared.consent.documents import SAID_BY, Said
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense

MOST = 500


@dataclass(frozen=True, slots=True)
class SaidQuery:
    """How many to show; `after` is a former answer's `next`."""

    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class SaidPage:
    """Some of it, of one contact point after the other, oldest first; `next` is where to go on."""

    said: tuple[Said, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListSaid:
    """Give all that was ever heard of a person, taken back since or not; contact points by keyed names."""

    documents: Documents

    def __call__(self, query: SaidQuery, *, patient_id: PatientId) -> SaidPage:
        if not 1 <= query.limit <= MOST:
            raise Nonsense(("limit", f"must be 1 to {MOST}"))
        page = self.documents.find(SAID_BY, Said, equal_to=patient_id, limit=query.limit, after=query.after)
        return SaidPage(tuple(found.body for found in page.items), page.next)
