"""Show which links wait for a reviewer, and why nothing followed them."""

from dataclasses import dataclass

from shared.kernel.documents import Documents, Page
from shared.matching.documents import PROPOSALS, KeptProposal, matching_at


@dataclass(frozen=True, slots=True)
class ProposalsQuery:
    """Which page."""

    after: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class ListProposals:
    """Gives what the last run left open, a page at a time."""

    documents: Documents

    def __call__(self, query: ProposalsQuery, *, matching_id: str) -> Page[KeptProposal]:
        """Give a page, or raise `NoSuchMatching`."""
        matching_at(self.documents, matching_id)
        page = self.documents.find(
            PROPOSALS,
            KeptProposal,
            equal_to=matching_id,
            limit=max(1, min(query.limit, 100)),
            after=query.after,
        )
        return Page(tuple(found.body for found in page.items), page.next)
