"""Queue a refresh of every live segment, due or not."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.announcements import Announcement, Publisher
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.patients.refreshes import StageStep
from shared.segments.live_segments import LiveSegment, LiveSegments
from shared.segments.model import RefreshSegment


@dataclass(frozen=True, slots=True)
class RefreshLiveSegments:
    """A stage of a refresh; raises `FeatureIsOff` while segments are switched off."""

    publisher: Publisher
    live: LiveSegments
    features: LiveFeatures

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:  # noqa: ARG002  # a stage's own words
        self.features.require(Feature.SEGMENTS)
        segments = self.live.all()
        if segments:
            self.publisher.publish([_announced(one, refresh_id) for one in segments])
        return StageStep(len(segments), None, is_through=True)


def _announced(live: LiveSegment, refresh_id: str) -> Announcement:
    segment = live.segment
    content = RefreshSegment(segment.id, segment.version)
    return Announcement(content, f"{segment.id}~refresh~{refresh_id}", (refresh_id, segment.version))
