"""Do what an operator has decided."""

import base64
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.kernel.documents import Documents, replacing
from shared.kernel.identity import derived
from shared.kernel.queues import OutgoingMessage, QueueReceiver, Queues
from shared.kernel.refusals import NotFound
from shared.operations.documents import parked_message
from shared.operations.model import CARRIED_OUT, CarryOutDecision, ParkedMessage, State

KEPT_FOR = timedelta(days=30)
"""How long a message can still be read once it has been decided about."""

_OF_THIS_TRY = ("attempt", "copy_of", "not_visible_since")


@dataclass(frozen=True, slots=True)
class SettleParked:
    """Send the message again or take it out of the dead letters, then say that it is done.

    Killed between, it sends again under the same id: handlers are harmless to repeat (D5). A dead letter is
    taken out only after its copy has been sent.
    """

    documents: Documents
    queues: Queues
    receiver: QueueReceiver

    def __call__(self, decision: CarryOutDecision, *, now: datetime) -> None:
        document = parked_message(self.documents, decision.parked_id)
        parked = document.body
        if parked.state not in CARRIED_OUT:
            return
        if parked.state is State.REPLAYING:
            self.queues.send(parked.message.queue, [_again(parked, decision.parked_id)])
        if parked.dead_letter is not None:
            with suppress(NotFound):  # taken out before the crash that brought us here again
                self.receiver.take_dead_letter(parked.message.queue, parked.dead_letter)
        done = replace(parked, state=CARRIED_OUT[parked.state])
        self.documents.commit(
            document.partition, changes=[replacing(document, done, expires_at=now + KEPT_FOR)]
        )


def _again(parked: ParkedMessage, parked_id: str) -> OutgoingMessage:
    message = parked.message
    return OutgoingMessage(
        id=derived(message.message_id, "replay", parked_id),
        body=base64.b64decode(message.body.value),
        session=message.session,
        properties={name: held for name, held in message.properties.items() if name not in _OF_THIS_TRY},
    )
