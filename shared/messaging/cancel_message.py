"""Take back a message that was asked for."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Create, Document, Documents, announcing, unchanged
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.kernel.sensitive import Sensitive
from shared.messaging import model
from shared.messaging.copies_to_family import CopiesToFamily
from shared.messaging.documents import ended_unaddressed, message_id_of
from shared.messaging.model import CancelSending, Message, MessageState, Reason, SendMessage
from shared.patients.documents import patient_partition

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CancelMessage:
    """Have the contact point's partition stop it, or, where it was not begun yet, see that it never is.

    What has come to its end stays as it ended; so with each of its copies.
    """

    documents: Documents
    copies: CopiesToFamily

    def __call__(self, cancelled: model.CancelMessage, *, now: datetime) -> None:
        partition = patient_partition(cancelled.patient_id)
        found = self.documents.look(partition, message_id_of(cancelled.message_id), Message)
        if found is None:
            self._never_begin(cancelled, now)
        else:
            for one in (found, *self.copies.begun_of(found.body.asked)):
                self._stop(one)
        log.info("messaging.message.cancelled", extra={"message_id": cancelled.message_id})

    def _never_begin(self, cancelled: model.CancelMessage, now: datetime) -> None:
        message = _withdrawn(cancelled, now)
        create = Create(message_id_of(cancelled.message_id), message)
        try:
            self.documents.commit(
                patient_partition(cancelled.patient_id),
                changes=[create],
                announcements=[ended_unaddressed(message, create)],
            )
        except AlreadyExists:  # begun at this very moment: read again, and stop it
            raise LostRace from None

    def _stop(self, found: Document[Message]) -> None:
        order = found.body.order
        if order is None or found.body.is_over:
            return
        stop = CancelSending(order.contact, order)
        self.documents.commit(
            found.partition,
            unchanged=[unchanged(found)],
            announcements=[announcing(stop, of=found, named=order.message_id)],
        )


def _withdrawn(cancelled: model.CancelMessage, now: datetime) -> Message:
    asked = SendMessage(
        message_id=cancelled.message_id,
        patient_id=cancelled.patient_id,
        channel=cancelled.channel,
        template_id=cancelled.template_id,
        because=cancelled.because,
        values=Sensitive({}),
    )
    return Message(asked, None, None, MessageState.REFUSED, Reason.WITHDRAWN, asked_at=now, moved_at=now)
