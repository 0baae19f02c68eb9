"""A wait is over: go on."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.journeys.documents import announced, enrolment_due
from shared.journeys.engine import Decision, ended, next_step
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import AdvanceEnrolment, Enrolment
from shared.kernel.documents import Documents, replacing

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AdvanceJourney:
    """Takes one enrolment further; told twice, it finds the enrolment moved and lets go.

    It follows the version the person began. While the journey is paused they stay where they are, and the
    sweep brings them back once it goes on; when it is stopped they end here (LC-1, LC-3). `zone` is where
    days are counted.
    """

    documents: Documents
    live: LiveJourneys
    zone: str

    def __call__(self, due: AdvanceEnrolment, *, now: datetime) -> None:
        """Advance, or raise `EnrolmentHasMovedOn` or `NotYetVisible`."""
        enrolment = enrolment_due(self.documents, due)
        decision = self._decided(enrolment.body, now)
        if decision is None:
            return
        write = replacing(enrolment, decision.enrolment)
        self.documents.commit(enrolment.partition, changes=[write], announcements=announced(decision, write))
        log.info(
            "journeys.enrolment.advanced",
            extra={"enrolment": enrolment.id, "step_counter": decision.enrolment.step_counter},
        )

    def _decided(self, enrolment: Enrolment, now: datetime) -> Decision | None:
        state = self.live.state_of(enrolment.journey_id)
        if state == "paused":
            return None
        if state == "stopped":
            return Decision(ended(enrolment, "journey_stopped", now))
        journey = self.live.as_begun(enrolment.journey_id, enrolment.journey_version)
        return next_step(journey, enrolment, zone=self.zone, now=now)
