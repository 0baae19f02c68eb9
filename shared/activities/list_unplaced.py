"""Show what waits for its patient."""

from dataclasses import dataclass
from datetime import datetime

from shared.activities.documents import UNPLACED
from shared.activities.find_named import WhyUnplaced
from shared.activities.unplaced import Unplaced
from shared.kernel.documents import Document, Documents
from shared.kernel.refusals import Nonsense

MOST = 100


@dataclass(frozen=True, slots=True)
class WhichUnplaced:
    """How many at once; `after` is a former answer's `next`."""

    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class UnplacedShown:
    """One thing told of somebody unknown; its source knows by the `key` which. Whom it names is not shown."""

    id: str
    activity_type: str
    source: str
    key: str
    because: WhyUnplaced
    told_by: str
    told_at: datetime
    tried: int
    tried_at: datetime
    forgotten_at: datetime | None


@dataclass(frozen=True, slots=True)
class UnplacedFound:
    """One page, longest told first."""

    activities: tuple[UnplacedShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListUnplaced:
    """Gives what was set aside, why, how often it was looked at, and when it is forgotten."""

    documents: Documents

    def __call__(self, which: WhichUnplaced) -> UnplacedFound:
        """Give it, or raise `Nonsense`."""
        if not 1 <= which.limit <= MOST:
            raise Nonsense(("limit", f"must be 1 to {MOST}"))
        page = self.documents.find(UNPLACED, Unplaced, limit=which.limit, after=which.after)
        return UnplacedFound(tuple(map(_shown, page.items)), page.next)


def _shown(found: Document[Unplaced]) -> UnplacedShown:
    one = found.body
    return UnplacedShown(
        id=one.id,
        activity_type=one.type_id,
        source=one.source,
        key=one.item.value.key,
        because=one.because,
        told_by=one.told_by,
        told_at=one.told_at,
        tried=one.tried,
        tried_at=one.tried_at,
        forgotten_at=found.expires_at,
    )
