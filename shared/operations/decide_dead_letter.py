"""What deciding about a dead letter comes to, whichever way."""

import base64
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Document, Documents
from shared.kernel.queues import DeadLetter, QueueReceiver
from shared.kernel.refusals import AlreadyExists
from shared.kernel.sensitive import Sensitive
from shared.operations.documents import (
    audited,
    parked_id,
    parked_message,
    parking,
    partition_of,
    to_be_carried_out,
)
from shared.operations.list_dead_letters import dead_letter
from shared.operations.model import AlreadyDecided, Decision, ParkedMessage, State, UnhandledMessage
from shared.operations.replay_parked import was_decided
from shared.operations.shown import ParkedShown, shown


@dataclass(frozen=True, slots=True)
class DecideDeadLetter:
    """Commit the decision together with a copy; the queue follows by announcement.

    The letter stays where it is until its copy has been sent, so that no crash can lose it. As long as it is
    there, the same decision by the same person is answered as the first time.
    """

    documents: Documents
    receiver: QueueReceiver
    what: str
    to: State

    def __call__(
        self, decision: Decision, *, queue: str, sequence_number: str, caller: Caller, now: datetime
    ) -> ParkedShown:
        letter = dead_letter(self.receiver, queue, _number(sequence_number))
        message = _as_parked(letter)
        name = parked_id(message, at=letter.enqueued_at)
        parked = ParkedMessage(
            message,
            parked_at=now,
            state=self.to,
            decided_by=caller.who,
            decided_at=now,
            why=decision.why,
            dead_letter=letter.sequence_number,
        )
        change = parking(name, parked)
        entry = audited(self.what, change, name, caller=caller, now=now, why=decision.why)
        try:
            self.documents.commit(
                partition_of(name),
                changes=[change],
                announcements=[to_be_carried_out(name, change), entry],
            )
        except AlreadyExists:
            return self._as_the_first_time(name, decision, caller)
        return shown(Document(partition_of(name), change.id, change.version, "", parked))

    def _as_the_first_time(self, name: str, decision: Decision, caller: Caller) -> ParkedShown:
        before = parked_message(self.documents, name)
        if not was_decided(before.body, self.to, decision, caller=caller):
            raise AlreadyDecided
        return shown(before)


def _number(sequence_number: str) -> int:
    return int(sequence_number) if sequence_number.isascii() and sequence_number.isdigit() else -1


def _as_parked(letter: DeadLetter) -> UnhandledMessage:
    return UnhandledMessage(
        queue=letter.queue,
        message_id=f"{letter.id}~{letter.sequence_number}",
        session=letter.session,
        body=Sensitive(base64.b64encode(letter.body).decode()),
        properties=letter.properties,
        reason=letter.reason,
        deliveries=letter.delivery_count,
    )
