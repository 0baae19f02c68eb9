"""Show the workstreams there are."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.routing.documents import WORKSTREAMS
from shared.routing.workstreams import Workstream


@dataclass(frozen=True, slots=True)
class WhichWorkstreams:
    """Which to show; `after` is a former answer's `next`."""

    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class WorkstreamsFound:
    """One page of workstreams."""

    workstreams: tuple[Workstream, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListWorkstreams:
    """Gives workstreams in order of their names, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichWorkstreams) -> WorkstreamsFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(WORKSTREAMS, Workstream, limit=limit, after=which.after)
        return WorkstreamsFound(tuple(found.body for found in page.items), page.next)
