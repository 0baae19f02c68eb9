"""Let a dead letter rest for good."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.queues import QueueReceiver
from shared.operations.decide_dead_letter import DecideDeadLetter
from shared.operations.model import Decision, State
from shared.operations.shown import ParkedShown


@dataclass(frozen=True, slots=True)
class DiscardDeadLetter:
    """Take it out of the dead letters, keeping a copy for a while; told twice, it is discarded once."""

    documents: Documents
    receiver: QueueReceiver

    def __call__(
        self, decision: Decision, *, queue: str, sequence_number: str, caller: Caller, now: datetime
    ) -> ParkedShown:
        decide = DecideDeadLetter(self.documents, self.receiver, "discard_dead_letter", State.DISCARDING)
        return decide(decision, queue=queue, sequence_number=sequence_number, caller=caller, now=now)
