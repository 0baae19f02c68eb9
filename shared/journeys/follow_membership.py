"""A patient has come into a segment, or has left it: begin and end what rests on that."""

from dataclasses import dataclass
from datetime import datetime

from shared.journeys.documents import enrolments_of
from shared.journeys.end_early import EndEarly
from shared.journeys.enrol import Enrol
from shared.journeys.follow_news import follow
from shared.journeys.following import Followed, ends_on_leaving, rests_on_stay, run_since, turn_of
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import Enrolment
from shared.kernel.documents import Document, Documents, unchanged
from shared.operations.live_features import LiveFeatures
from shared.segments.model import MembershipChanged


@dataclass(frozen=True, slots=True)
class FollowMembership:
    """Begins the live journeys on that coming or going, and ends those that last only as long as the stay.

    Each coming begins each of them once, by the rule of re-entry (LC-6). News that comes after later news
    begins and ends nothing. `zone` is where days are counted.
    """

    documents: Documents
    live: LiveJourneys
    zone: str
    features: LiveFeatures

    def __call__(self, changed: MembershipChanged, *, now: datetime) -> None:
        if not self._concerns_journeys(changed):
            return
        news = Followed(f"segment~{changed.segment_id}", turn_of(changed))
        followed = follow(self.documents, changed.patient_id, news)
        if followed is None:
            return
        if changed.happened == "left":
            self._end_stays(changed, followed, now)
        enrol = Enrol(self.documents, self.zone, self.features)
        for journey in self.live.on_segment(changed.segment_id, changed.happened):
            run = run_since(changed, journey, now)
            enrol(journey, run, at=changed.at, rests_on=followed, now=now)

    def _end_stays(self, changed: MembershipChanged, followed: Document[Followed], now: datetime) -> None:
        end = EndEarly(self.documents, self.live)
        for enrolment in enrolments_of(self.documents, changed.patient_id):
            if self._ends(enrolment.body, changed):
                end(enrolment, "left_segment", now, provided=[unchanged(followed)])

    def _ends(self, enrolment: Enrolment, changed: MembershipChanged) -> bool:
        return rests_on_stay(enrolment, changed) and ends_on_leaving(
            self.live.as_begun(enrolment.journey_id, enrolment.journey_version)
        )

    def _concerns_journeys(self, changed: MembershipChanged) -> bool:
        """Say whether anything rests on it: most comings begin nothing, and need no note."""
        about = changed.segment_id
        return changed.happened == "left" or bool(
            self.live.on_segment(about, "joined") or self.live.on_segment(about, "left")
        )
