"""What started a journey has been taken back: end it."""

from dataclasses import dataclass
from datetime import datetime

from shared.journeys.documents import enrolments_of, entries_id, kept_entries
from shared.journeys.end_early import EndEarly
from shared.journeys.entry import Entries
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import Cause, Enrolment
from shared.kernel.documents import Change, Document, Documents
from shared.patients.documents import patient_partition
from shared.triggers.firings import Firing
from shared.triggers.model import TriggerWithdrawn


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
        end = EndEarly(self.documents, self.live)
        for enrolment in enrolments_of(self.documents, withdrawn.patient_id):
            if rested_on(enrolment.body, withdrawn.firing_id, firing):
                end(enrolment, "result_withdrawn", now, also=self._forgetting(enrolment))

    def _forgetting(self, enrolment: Document[Enrolment]) -> list[Change]:
        entries = self.documents.look(enrolment.partition, entries_id(enrolment.body.journey_id), Entries)
        return [] if entries is None else [kept_entries(entries, entries.body.without(enrolment.id))]


def rested_on(enrolment: Enrolment, firing_id: str, firing: Firing) -> bool:
    """Say whether an enrolment was started by an occurrence of the firing that stands no more."""
    cause = enrolment.cause
    return isinstance(cause, Cause) and cause.firing_id == firing_id and cause.occurrence <= firing.fallen
