"""Show the journeys there are."""

from dataclasses import dataclass

from shared.journeys.documents import STATE
from shared.journeys.model import Journey, JourneyState
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class WhichJourneys:
    """Which to show: those in one state, or all; `after` is a former answer's `next`."""

    state: JourneyState | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class JourneysFound:
    """One page of journeys."""

    journeys: tuple[Journey, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListJourneys:
    """Gives journeys in order of their state, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichJourneys) -> JourneysFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(STATE, Journey, equal_to=which.state, limit=limit, after=which.after)
        return JourneysFound(tuple(found.body for found in page.items), page.next)
