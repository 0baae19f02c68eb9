"""Show the types of activities there are."""

from dataclasses import dataclass

from shared.activities.activity_types import ActivityType, TypeState
from shared.activities.documents import STATE
from shared.activities.put_activity_type import KeptActivityType
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class WhichActivityTypes:
    """Which to show: those in one state, or all; `after` is a former answer's `next`."""

    state: TypeState | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityTypesFound:
    """One page of types."""

    activity_types: tuple[KeptActivityType, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListActivityTypes:
    """Gives types in order of their state, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichActivityTypes) -> ActivityTypesFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(STATE, ActivityType, equal_to=which.state, limit=limit, after=which.after)
        found = tuple(KeptActivityType(one.body, one.etag) for one in page.items)
        return ActivityTypesFound(found, page.next)
