"""Show one measure."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.measures.clinical import rests_on_clinical_data
from shared.measures.documents import Refresh, measure_at, refresh_of
from shared.measures.formula import Measure


@dataclass(frozen=True, slots=True)
class MeasureShown:
    """A measure as it now is, and how its last working out ended: None before anybody asked for one.

    `is_clinical`: its values are told to clinical staff only.
    """

    measure: Measure
    is_clinical: bool
    refresh: Refresh | None
    etag: str


@dataclass(frozen=True, slots=True)
class ReadMeasure:
    """Gives a measure, how it stands, and the etag to change it by."""

    documents: Documents

    def __call__(self, *, measure_id: str) -> MeasureShown:
        """Give it, or raise `NoSuchMeasure`."""
        found = measure_at(self.documents, measure_id)
        return shown(self.documents, found.body, found.etag)


def shown(documents: Documents, measure: Measure, etag: str) -> MeasureShown:
    refresh = refresh_of(documents, measure.id)
    is_clinical = rests_on_clinical_data(documents, measure)
    return MeasureShown(measure, is_clinical, refresh.body if refresh else None, etag)
