"""Stop a message at its contact point."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Create, Documents
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.messaging import model
from shared.messaging.decision import Decision, withdrawn
from shared.messaging.documents import decision_id, telling
from shared.messaging.keep_decision import keep_decision
from shared.messaging.model import DecideSending, MessageState
from shared.patients.contact_keys import contact_partition

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CancelSending:
    """Refuse what nobody has begun to send; a gate that was not asked yet will find the refusal and let go.

    What is on its way stays as it is, but is not tried again should it not arrive.
    """

    documents: Documents

    def __call__(self, cancelled: model.CancelSending, *, now: datetime) -> None:
        order = cancelled.order
        partition = contact_partition(cancelled.contact)
        found = self.documents.look(partition, decision_id(order.message_id), Decision)
        if found is None:
            self._refuse_beforehand(order, now)
            return
        after = withdrawn(found.body, now)
        if after != found.body:
            keep_decision(self.documents, found, after)
        log.info("messaging.sending.cancelled", extra={"message_id": order.message_id, "state": after.state})

    def _refuse_beforehand(self, order: DecideSending, now: datetime) -> None:
        asked = Decision(order, MessageState.REQUESTED, reason=None, moved_at=now, trail=())
        refused = withdrawn(asked, now)
        create = Create(decision_id(order.message_id), refused)
        try:
            self.documents.commit(
                contact_partition(order.contact), changes=[create], announcements=telling(create, refused)
            )
        except AlreadyExists:  # decided at this very moment: read again
            raise LostRace from None
        log.info(
            "messaging.sending.cancelled", extra={"message_id": order.message_id, "state": refused.state}
        )
