"""Whatever the patient's own partition is told of a message: what became of it, what was done with it."""

from dataclasses import dataclass
from datetime import datetime

from shared.messaging.model import MessageMoved, MessageUsed
from shared.messaging.record_outcome import RecordOutcome
from shared.messaging.record_use import RecordUse


@dataclass(frozen=True, slots=True)
class WorkOnOutcomes:
    """Told twice, each is kept once."""

    record_outcome: RecordOutcome
    record_use: RecordUse

    def __call__(self, told: MessageMoved | MessageUsed, *, now: datetime) -> None:
        if isinstance(told, MessageMoved):
            self.record_outcome(told, now=now)
        else:
            self.record_use(told, now=now)
