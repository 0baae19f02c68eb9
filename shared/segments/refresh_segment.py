"""Compare a segment's population with its members (SG-10)."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Change, Create, Document, Documents, replacing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace, NotYetVisible
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.segments.bring_lake_up_to_date import BringLakeUpToDate
from shared.segments.check_relationship import not_one_to_one
from shared.segments.documents import (
    CURRENT,
    REFRESH,
    Refresh,
    member_ids,
    refresh_of,
    segment_partition,
)
from shared.segments.live_segments import LiveSegment, LiveSegments
from shared.segments.model import MeasureNotWorkedOut, ReconsiderPatient, RefreshSegment
from shared.segments.population import sql_for
from shared.segments.ports import Lake

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=30)
"""How often a live segment is refreshed (SG-10)."""
MOST_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class RefreshPopulation:
    """Queues a reconsideration of everybody who is in only one of population and members; decides nothing.

    Of a segment that is not live everybody is to leave; it is looked at again until nobody is left. One that
    asks about a measure which has not been worked out leaves everybody where they are. Stopped
    on the way, it begins again: who is reconsidered twice is in as before.
    """

    documents: Documents
    lake: Lake
    live: LiveSegments
    bring_up_to_date: BringLakeUpToDate
    publisher: Publisher
    features: LiveFeatures

    def __call__(self, asked: RefreshSegment, *, now: datetime) -> int:
        """Give how many were queued. Raises `NotYetVisible` for a version that is not there yet.

        Raises `FeatureIsOff` while segments are switched off; it stays due, and comes when they are on again.
        """
        self.features.require(Feature.SEGMENTS)
        segment = self.live.as_it_is(asked.segment_id)
        if segment.segment.version < asked.version:
            raise NotYetVisible
        before = refresh_of(self.documents, asked.segment_id)
        if asked.because == "due" and not _is_due(before, now):
            return 0
        try:
            population = self._population(segment, now)
        except MeasureNotWorkedOut:
            return self._left_alone(segment, before, now)
        members = set(member_ids(self.documents, asked.segment_id))
        differing = sorted(population ^ members)
        for start in range(0, len(differing), MOST_TOGETHER):
            self._publish(segment, differing[start : start + MOST_TOGETHER], now)
        refresh = Refresh(
            segment_id=asked.segment_id,
            version=segment.segment.version,
            next_at=now + EVERY if segment.is_live or differing else None,
            refreshed_at=now,
            complete_up_to=self.lake.state().complete_up_to if segment.is_live else None,
            population=len(population),
            members=len(members),
            queued=len(differing),
        )
        self._keep(before, refresh)
        log.info(
            "segments.segment.refreshed",
            extra={"segment": asked.segment_id, "population": len(population), "queued": len(differing)},
        )
        return len(differing)

    def _population(self, segment: LiveSegment, now: datetime) -> set[PatientId]:
        if not segment.is_live:
            return set()
        self.bring_up_to_date(now=now)
        for one in not_one_to_one(self.documents, self.lake, segment.paths, now):
            log.warning(
                "segments.relationship.not_one_to_one",
                extra={
                    "relationship": one.relationship_id,
                    "lead_to_several": one.lead_to_several,
                    "led_to_by_several": one.led_to_by_several,
                },
            )
        sql = sql_for(segment.segment, nested=segment.nested)
        return set(self.lake.population(sql, as_of=now, measures=segment.measures))

    def _left_alone(self, segment: LiveSegment, before: Document[Refresh] | None, now: datetime) -> int:
        """Leave everybody where they are until the measure has been worked out, and look again."""
        segment_id, version = segment.segment.id, segment.segment.version
        stands = before.body if before else Refresh(segment_id, version, next_at=None)
        self._keep(before, replace(stands, version=version, next_at=now + EVERY))
        log.info("segments.segment.left_alone", extra={"segment": segment_id})
        return 0

    def _publish(self, segment: LiveSegment, patients: list[PatientId], now: datetime) -> None:
        segment_id = segment.segment.id
        self.publisher.publish(
            [
                Announcement(
                    ReconsiderPatient(patient_id, "refresh", segment_id=segment_id),
                    f"{segment_id}~{now.isoformat()}~{patient_id}",
                    (CURRENT, segment.segment.version),
                )
                for patient_id in patients
            ]
        )

    def _keep(self, before: Document[Refresh] | None, refresh: Refresh) -> None:
        change: Change = replacing(before, refresh) if before else Create(REFRESH, refresh)
        try:
            self.documents.commit(segment_partition(refresh.segment_id), changes=[change])
        except AlreadyExists:
            raise LostRace from None


def _is_due(before: Document[Refresh] | None, now: datetime) -> bool:
    return before is not None and before.body.next_at is not None and before.body.next_at <= now
