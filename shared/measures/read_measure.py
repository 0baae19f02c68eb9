"""Show one measure."""

from dataclasses import dataclass, replace

from shared.access.model import Caller
from shared.kernel.documents import Document, Documents
from shared.measures.clinical import may_count, rests_on_clinical_data
from shared.measures.documents import Refresh, measure_at, refresh_of
from shared.measures.formula import Measure
from shared.segments.live_segments import LiveSegments


@dataclass(frozen=True, slots=True)
class MeasureShown:
    """A measure as it now is, and how its last working out ended: None before anybody asked for one.

    `is_clinical`: its values are told to clinical staff only, and how many there are as well where it counts
    among people who are named. `asked_by` are the live segments that ask about
    it, themselves or in what they build on: without them it can neither leave the live ones nor lose a
    calculation that they name.
    """

    measure: Measure
    is_clinical: bool
    refresh: Refresh | None
    asked_by: tuple[str, ...]
    etag: str


@dataclass(frozen=True, slots=True)
class ReadMeasure:
    """Gives a measure, how it stands, and the etag to change it by."""

    documents: Documents
    live: LiveSegments

    def __call__(self, *, measure_id: str, caller: Caller) -> MeasureShown:
        """Give it, or raise `NoSuchMeasure`."""
        found = measure_at(self.documents, measure_id)
        return shown(self.documents, self.live, found, caller)


def shown(documents: Documents, live: LiveSegments, found: Document[Measure], caller: Caller) -> MeasureShown:
    measure, kept = found.body, refresh_of(documents, found.body.id)
    refresh = standing(documents, measure, kept.body, caller) if kept else None
    is_clinical = rests_on_clinical_data(documents, measure)
    asked_by = tuple(sorted(one.segment.id for one in live.asking(measure.id)))
    return MeasureShown(measure, is_clinical, refresh, asked_by, found.etag)


def standing(documents: Documents, measure: Measure, refresh: Refresh, caller: Caller) -> Refresh:
    """Give how it stands, without how many values there are for who may not be told."""
    return refresh if may_count(documents, measure, caller) else replace(refresh, rows=None)
