"""What started a journey has been taken back: end it."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.journeys.documents import enrolments_of, entries_id, kept_entries
from shared.journeys.engine import ended
from shared.journeys.entry import Entries
from shared.journeys.model import Enrolment
from shared.kernel.documents import Change, Document, Documents, replacing
from shared.patients.documents import patient_partition
from shared.triggers.firings import Firing
from shared.triggers.model import TriggerWithdrawn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StopJourneys:
    """Ends every run that the withdrawn firing had started, and lets a later true one start again.

    What is not active any more stays as it ended; a run begun after the result was corrected back goes on.
    """

    documents: Documents

    def __call__(self, withdrawn: TriggerWithdrawn, *, now: datetime) -> None:
        partition = patient_partition(withdrawn.patient_id)
        firing = self.documents.read(partition, withdrawn.firing_id, Firing, at_least=withdrawn.version).body
        for enrolment in enrolments_of(self.documents, withdrawn.patient_id):
            if rested_on(enrolment.body, withdrawn.firing_id, firing):
                self._stop(enrolment, now)

    def _stop(self, enrolment: Document[Enrolment], now: datetime) -> None:
        body = enrolment.body
        changes: list[Change] = [replacing(enrolment, ended(body, "result_withdrawn", now))]
        entries = self.documents.look(enrolment.partition, entries_id(body.journey_id), Entries)
        if entries is not None:
            changes.append(kept_entries(entries, entries.body.without(body.id)))
        self.documents.commit(enrolment.partition, changes=changes)
        log.info("journeys.enrolment.ended", extra={"enrolment": body.id, "reason": "result_withdrawn"})


def rested_on(enrolment: Enrolment, firing_id: str, firing: Firing) -> bool:
    """Say whether an enrolment is active on an occurrence of the firing that stands no more."""
    fallen = firing.occurrence - 1 if firing.stands else firing.occurrence
    cause = enrolment.cause
    return enrolment.is_active and cause.firing_id == firing_id and cause.occurrence <= fallen
