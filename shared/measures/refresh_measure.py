"""Work a measure out anew (UN-14, UN-17)."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from shared.kernel.documents import Change, Create, Document, Documents, replacing
from shared.kernel.refusals import AlreadyExists, LostRace, NotYetVisible
from shared.measures.bring_activities_up_to_date import BringActivitiesUpToDate
from shared.measures.documents import VALUES, Refresh, measure_at, measure_partition, refresh_of
from shared.measures.formula import Activities, Measure
from shared.measures.model import RefreshMeasure, TooMuchToWorkOut
from shared.measures.outlines import MOST_ASKING, about_values, keeping, whom_asked
from shared.measures.ports import AboutValues, MeasureLake
from shared.measures.values_in_sql import sql_for
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.segments.bring_lake_up_to_date import BringLakeUpToDate
from shared.segments.live_segments import LiveSegments
from shared.segments.model import MeasureNotWorkedOut
from shared.segments.nesting import NestedSegmentMissing, NestedTooDeep
from shared.segments.ports import Lake
from shared.segments.put_segment import refreshing

log = logging.getLogger(__name__)

EVERY = MappingProxyType({"day": timedelta(days=1), "week": timedelta(days=7)})


@dataclass(frozen=True, slots=True)
class RefreshValues:
    """Brings the lake up to date and puts what the measure now gives in the place of its former values.

    Stopped on the way, it begins again; readers see the former values until the new ones are whole. What
    cannot be worked out leaves the former values and says why. Of a measure that is not live, none are kept.
    """

    documents: Documents
    lake: Lake
    measures: MeasureLake
    bring_up_to_date: BringLakeUpToDate
    bring_activities: BringActivitiesUpToDate
    live: LiveSegments
    features: LiveFeatures

    def __call__(self, asked: RefreshMeasure, *, now: datetime) -> None:
        """Do so. Raises `NotYetVisible` for a version that is not there yet, and `NoSuchMeasure`.

        Raises `FeatureIsOff` while segments are switched off; it stays due, and comes when they are on again.
        """
        self.features.require(Feature.SEGMENTS)
        measure = measure_at(self.documents, asked.measure_id).body
        if measure.version < asked.version:
            raise NotYetVisible
        before = refresh_of(self.documents, asked.measure_id)
        if asked.because == "due" and not _is_due(before, now):
            return
        refresh, about = self._worked_out(measure, before.body if before else None, now)
        self._keep(before, refresh, measure, about, now)
        log.info(
            "measures.measure.refreshed",
            extra={"measure": measure.id, "status": refresh.status, "rows": refresh.rows},
        )

    def _worked_out(
        self, measure: Measure, before: Refresh | None, now: datetime
    ) -> tuple[Refresh, AboutValues | None]:
        """Say how it ended, and by what the values were worked out where they were."""
        asked_at = before.asked_at if before else now
        if measure.state != "live":
            self.measures.forget(measure.id)
            return Refresh(measure.id, measure.version, "successful", None, asked_at, rows=0), None
        self.bring_up_to_date(now=now)
        if isinstance(measure.over, Activities):
            self.bring_activities(now=now)
        next_at = now + EVERY[measure.refresh] if measure.refresh else None
        try:
            nested, asked = whom_asked(self.documents, measure)
            sql, about = sql_for(measure, nested=nested), about_values(self.documents, measure)
            rows = self.measures.work_out(measure.id, sql, as_of=now, about=about, measures=asked)
        except (TooMuchToWorkOut, MeasureNotWorkedOut, NestedSegmentMissing, NestedTooDeep) as refusal:
            failed = before or Refresh(measure.id, measure.version, "failed", next_at, asked_at)
            reason = type(refusal).__name__
            failed = replace(failed, version=measure.version, status="failed", next_at=next_at, reason=reason)
            return failed, None
        complete_up_to = self.lake.state().complete_up_to
        done = Refresh(
            measure.id, measure.version, "successful", next_at, asked_at, now, complete_up_to, rows
        )
        return done, about

    def _keep(
        self,
        before: Document[Refresh] | None,
        refresh: Refresh,
        measure: Measure,
        about: AboutValues | None,
        now: datetime,
    ) -> None:
        """Note how it ended, and let the live segments that ask about new values look at everybody."""
        write = replacing(before, refresh) if before else Create(VALUES, refresh)
        changes: list[Change] = [write, keeping(self.documents, measure, worked_out=about)]
        asking = self.live.asking(measure.id)[:MOST_ASKING] if about else ()
        told = [refreshing(one.segment, write, now) for one in asking]
        try:
            self.documents.commit(measure_partition(measure.id), changes=changes, announcements=told)
        except AlreadyExists:
            raise LostRace from None


def _is_due(before: Document[Refresh] | None, now: datetime) -> bool:
    return before is not None and before.body.next_at is not None and before.body.next_at <= now
