"""A wait is over: go on."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.journeys.bound_to_appointment import next_step_before
from shared.journeys.documents import announced, enrolment_due
from shared.journeys.engine import NOTHING, Decision, is_waiting, next_step, stopped
from shared.journeys.failing import failed, is_given_up
from shared.journeys.known_of import known_of
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import AdvanceEnrolment, Enrolment, Journey
from shared.journeys.ports import ReadsAppointments, as_it_is
from shared.kernel.documents import Document, Documents, replacing
from shared.kernel.refusals import TransientFault
from shared.patients.read_own_resources import ReadOwnResources

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AdvanceJourney:
    """Takes one enrolment further; told twice, it finds the enrolment moved and lets go.

    It follows the version the person began. While the journey is paused they stay where they are, and the
    sweep brings them back once it goes on; when it is stopped they end here (LC-1, LC-3), and what was asked
    for and not sent yet is taken back. Whom a bug keeps from going on stays too, marked, so that the sweep
    does not tell of it every minute. `zone` is where days are counted. Before a run goes on that is about an
    appointment, the record is asked: one that others have cancelled ends it, one they have moved is waited
    for anew. What steps ask about is read at that moment.
    """

    documents: Documents
    live: LiveJourneys
    zone: str
    appointment_now: ReadsAppointments
    own_resources: ReadOwnResources

    def __call__(self, due: AdvanceEnrolment, *, now: datetime) -> None:
        """Advance, or raise `EnrolmentHasMovedOn` or `NotYetVisible`."""
        enrolment = enrolment_due(self.documents, due)
        try:
            self._advance(enrolment, now)
        except TransientFault:
            raise
        except Exception:  # whatever it is, it will most likely be so again: it goes on as what it is
            self._mark(enrolment, now)
            raise

    def _advance(self, enrolment: Document[Enrolment], now: datetime) -> None:
        decision = self._decided(enrolment.body, now)
        if decision is None:
            return
        write = replacing(enrolment, decision.enrolment)
        self.documents.commit(enrolment.partition, changes=[write], announcements=announced(decision, write))
        log.info(
            "journeys.enrolment.advanced",
            extra={"enrolment": enrolment.id, "step_counter": decision.enrolment.step_counter},
        )

    def _mark(self, enrolment: Document[Enrolment], now: datetime) -> None:
        """Note the failure; when even that fails, that is raised instead, and both come again."""
        marked = failed(enrolment.body, now)
        if marked != enrolment.body:
            self.documents.commit(enrolment.partition, changes=[replacing(enrolment, marked)])
            log.warning(
                "journeys.enrolment.failed",
                extra={"enrolment": enrolment.id, "given_up": is_given_up(marked)},
            )

    def _decided(self, enrolment: Enrolment, now: datetime) -> Decision | None:
        state = self.live.state_of(enrolment.journey_id)
        if state == "paused":
            return None
        journey = self.live.as_begun(enrolment.journey_id, enrolment.journey_version)
        if state == "stopped":
            return stopped(enrolment, journey, "journey_stopped", now)
        return self._next_step(journey, enrolment, now)

    def _next_step(self, journey: Journey, enrolment: Enrolment, now: datetime) -> Decision | None:
        if is_waiting(enrolment, now) or not enrolment.is_bound:
            known = (
                NOTHING if is_waiting(enrolment, now) else known_of(enrolment, journey, self.own_resources)
            )
            return next_step(journey, enrolment, zone=self.zone, now=now, known=known)
        appointment = as_it_is(self.appointment_now, enrolment.patient_id, enrolment.subject.id)
        return next_step_before(journey, enrolment, appointment, zone=self.zone, now=now)
