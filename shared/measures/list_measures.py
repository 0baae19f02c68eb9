"""Show the measures there are."""

from dataclasses import dataclass

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.measures.documents import STATE
from shared.measures.formula import Measure, MeasureState
from shared.measures.read_measure import MeasureShown, shown
from shared.segments.live_segments import LiveSegments


@dataclass(frozen=True, slots=True)
class WhichMeasures:
    """Which to show: those in one state, or all; `after` is a former answer's `next`."""

    state: MeasureState | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class MeasuresFound:
    """One page of measures."""

    measures: tuple[MeasureShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListMeasures:
    """Gives measures in order of their state, with how they stand, a page at a time."""

    documents: Documents
    live: LiveSegments

    def __call__(self, which: WhichMeasures, *, caller: Caller) -> MeasuresFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(STATE, Measure, equal_to=which.state, limit=limit, after=which.after)
        return MeasuresFound(
            tuple(shown(self.documents, self.live, found, caller) for found in page.items), page.next
        )
