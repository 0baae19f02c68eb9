"""Queue a refresh of every live segment, due or not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Documents
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.patients.refreshes import StageStep, StageTookTooLong
from shared.segments.documents import refresh_of
from shared.segments.live_segments import LiveSegment, LiveSegments
from shared.segments.model import RefreshSegment

LOOKS_EVERY = timedelta(seconds=15)
LONGEST = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class RefreshLiveSegments:
    """A stage of a refresh: asks for all, and is through once each has been refreshed since.

    Raises `FeatureIsOff` while segments are switched off, and `StageTookTooLong` after six hours.
    """

    documents: Documents
    publisher: Publisher
    live: LiveSegments
    features: LiveFeatures

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:
        self.features.require(Feature.SEGMENTS)
        segments = self.live.all()
        if after is None and segments:
            self.publisher.publish([_announced(one, refresh_id) for one in segments])
            return StageStep(0, now.isoformat(), is_through=False, again_in=LOOKS_EVERY)
        since = datetime.fromisoformat(after) if after else now
        if all(self._is_refreshed(one.segment.id, since) for one in segments):
            return StageStep(len(segments), None, is_through=True)
        if now - since > LONGEST:
            raise StageTookTooLong
        return StageStep(0, after, is_through=False, again_in=LOOKS_EVERY)

    def _is_refreshed(self, segment_id: str, since: datetime) -> bool:
        refresh = refresh_of(self.documents, segment_id)
        at = refresh.body.refreshed_at if refresh else None
        return at is not None and at >= since


def _announced(live: LiveSegment, refresh_id: str) -> Announcement:
    segment = live.segment
    content = RefreshSegment(segment.id, segment.version)
    return Announcement(content, f"{segment.id}~refresh~{refresh_id}", (refresh_id, segment.version))
