"""Show what a measure would give, before it is kept."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.refusals import TransientFault
from shared.measures.bring_activities_up_to_date import BringActivitiesUpToDate
from shared.measures.clinical import may_know, rests_on_clinical_data
from shared.measures.definitions import drafted
from shared.measures.formula import Activities, MeasureDraft
from shared.measures.outlines import whom_asked
from shared.measures.ports import MeasureLake, ValueRow
from shared.measures.values_in_sql import sql_for
from shared.segments.bring_lake_up_to_date import BringLakeUpToDate
from shared.segments.documents import looking_in
from shared.segments.measured import outlines_in
from shared.segments.ports import Lake
from shared.segments.relationships import relationships_in

log = logging.getLogger(__name__)

MOST_SHOWN = 10
NAMED = "preview"


@dataclass(frozen=True, slots=True)
class MeasurePreview:
    """How many rows there would be, the first of them, and up to when the record was taken into account.

    Of a measure that rests on clinical data, who may see none is told how many rows there are and no values.
    """

    rows: int
    sample: tuple[ValueRow, ...]
    complete_up_to: datetime | None


@dataclass(frozen=True, slots=True)
class PreviewMeasure:
    """Asks the lake and keeps nothing; one that cannot be brought up to date answers as it is."""

    documents: Documents
    lake: Lake
    measures: MeasureLake
    bring_up_to_date: BringLakeUpToDate
    bring_activities: BringActivitiesUpToDate

    def __call__(self, draft: MeasureDraft, *, caller: Caller, now: datetime) -> MeasurePreview:
        """Give it, or raise `Nonsense`, `MeasureNotWorkedOut` or `TooMuchToWorkOut`."""
        measure = drafted(
            NAMED,
            draft,
            1,
            looking_in(self.documents),
            outlines_in(self.documents),
            relationships_in(self.documents),
        )
        try:
            self.bring_up_to_date(now=now)
            if isinstance(measure.over, Activities):
                self.bring_activities(now=now)
        except TransientFault as fault:
            log.info("measures.preview.behind", extra={"reason": type(fault).__name__})
        nested, asked = whom_asked(self.documents, measure)
        sql = sql_for(measure, nested=nested)
        rows, sample = self.measures.sample(sql, as_of=now, most=MOST_SHOWN, measures=asked)
        is_clinical = rests_on_clinical_data(self.documents, measure)
        shown = tuple(sample) if may_know(caller, is_clinical=is_clinical) else ()
        return MeasurePreview(rows, shown, self.lake.state().complete_up_to)
