"""Show which definitions there are."""

from dataclasses import dataclass

from shared.kernel.documents import Documents, Page
from shared.matching.definitions import Matching
from shared.matching.documents import MATCHINGS


@dataclass(frozen=True, slots=True)
class MatchingsQuery:
    """Which page."""

    after: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class MatchingSummary:
    id: str
    name: str
    version: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListMatchings:
    """Gives definitions in order of their ids, a page at a time."""

    documents: Documents

    def __call__(self, query: MatchingsQuery) -> Page[MatchingSummary]:
        page = self.documents.find(
            MATCHINGS, Matching, limit=max(1, min(query.limit, 100)), after=query.after
        )
        return Page(tuple(_summary(found.body) for found in page.items), page.next)


def _summary(matching: Matching) -> MatchingSummary:
    sources = tuple(source.id for source in matching.sources)
    return MatchingSummary(matching.id, matching.draft.name, matching.version, sources)
