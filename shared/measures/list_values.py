"""Show what a measure gave of everybody."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.measures.clinical import require_may_know, rests_on_clinical_data
from shared.measures.documents import measure_at
from shared.measures.model import NoValuesYet
from shared.measures.ports import MeasureLake, ValueRow


@dataclass(frozen=True, slots=True)
class WhichValues:
    """How many at once; `after` is a former answer's `next`."""

    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ValuesFound:
    """One page of values, by which version of the measure and as of when they were worked out."""

    values: tuple[ValueRow, ...]
    next: str | None
    version: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ListValues:
    """Gives a measure's values, a page at a time, to whoever may know them.

    All pages are of one working out.
    """

    documents: Documents
    measures: MeasureLake

    def __call__(self, which: WhichValues, *, measure_id: str, caller: Caller) -> ValuesFound:
        """Give them, or raise `NoSuchMeasure`, `OnlyForClinicalStaff`, `NoValuesYet` or `ValuesMovedOn`."""
        measure = measure_at(self.documents, measure_id).body
        require_may_know(caller, is_clinical=rests_on_clinical_data(self.documents, measure))
        limit = max(1, min(which.limit, 1000))
        kept = self.measures.values(measure_id, limit=limit, after=which.after)
        if kept is None:
            raise NoValuesYet
        require_may_know(caller, is_clinical=kept.about.is_clinical)  # what was clinical then still is
        return ValuesFound(tuple(kept.rows), kept.next, kept.about.version, kept.as_of)
