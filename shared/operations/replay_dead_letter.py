"""Give a dead letter another try."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.queues import QueueReceiver
from shared.operations.decide_dead_letter import DecideDeadLetter
from shared.operations.model import Decision, State
from shared.operations.shown import ParkedShown


@dataclass(frozen=True, slots=True)
class ReplayDeadLetter:
    """Send it again under a new id, then take it out; told twice, it is sent once."""

    documents: Documents
    receiver: QueueReceiver

    def __call__(
        self, decision: Decision, *, queue: str, sequence_number: str, caller: Caller, now: datetime
    ) -> ParkedShown:
        decide = DecideDeadLetter(self.documents, self.receiver, "replay_dead_letter", State.REPLAYING)
        return decide(decision, queue=queue, sequence_number=sequence_number, caller=caller, now=now)
