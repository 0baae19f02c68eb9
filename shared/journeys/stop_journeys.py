"""What started a journey has been taken back: end it."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.journeys.documents import announced, enrolments_of, entries_id, kept_entries
from shared.journeys.engine import Decision, stopped, taken_back
from shared.journeys.entry import Entries
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import Enrolment
from shared.kernel.documents import Change, Document, Documents, replacing, unchanged
from shared.patients.documents import patient_partition
from shared.triggers.firings import Firing
from shared.triggers.model import TriggerWithdrawn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StopJourneys:
    """Ends every run that the withdrawn firing had started, and lets a later true one start again.

    What a run has asked for and nobody was sent yet is taken back, also of a run that was completed. What is
    not active any more stays as it ended; a run begun after the result was corrected back goes on.
    """

    documents: Documents
    live: LiveJourneys

    def __call__(self, withdrawn: TriggerWithdrawn, *, now: datetime) -> None:
        partition = patient_partition(withdrawn.patient_id)
        firing = self.documents.read(partition, withdrawn.firing_id, Firing, at_least=withdrawn.version).body
        for enrolment in enrolments_of(self.documents, withdrawn.patient_id):
            if not rested_on(enrolment.body, withdrawn.firing_id, firing):
                continue
            if enrolment.body.is_active:
                self._stop(enrolment, now)
            elif enrolment.body.state == "completed":
                self._take_back(enrolment)

    def _stop(self, enrolment: Document[Enrolment], now: datetime) -> None:
        body = enrolment.body
        journey = self.live.as_begun(body.journey_id, body.journey_version)
        decision = stopped(body, journey, "result_withdrawn", now)
        write = replacing(enrolment, decision.enrolment)
        changes: list[Change] = [write]
        entries = self.documents.look(enrolment.partition, entries_id(body.journey_id), Entries)
        if entries is not None:
            changes.append(kept_entries(entries, entries.body.without(body.id)))
        self.documents.commit(enrolment.partition, changes=changes, announcements=announced(decision, write))
        log.info("journeys.enrolment.ended", extra={"enrolment": body.id, "reason": "result_withdrawn"})

    def _take_back(self, enrolment: Document[Enrolment]) -> None:
        body = enrolment.body
        journey = self.live.as_begun(body.journey_id, body.journey_version)
        told = announced(Decision(body, taken_back(body, journey)), enrolment)
        if told:
            self.documents.commit(enrolment.partition, unchanged=[unchanged(enrolment)], announcements=told)


def rested_on(enrolment: Enrolment, firing_id: str, firing: Firing) -> bool:
    """Say whether an enrolment was started by an occurrence of the firing that stands no more."""
    fallen = firing.occurrence - 1 if firing.stands else firing.occurrence
    cause = enrolment.cause
    return cause.firing_id == firing_id and cause.occurrence <= fallen
