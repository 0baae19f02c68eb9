"""Ask whoever reads a contact point whether a yes was meant: a transactional message to just there (CO-8)."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.consent.model import ConfirmationRequested, Purpose
from shared.kernel.documents import Create, Documents, announcing
from shared.kernel.identity import derived
from shared.kernel.refusals import AlreadyExists, Refusal
from shared.kernel.sensitive import Sensitive
from shared.messaging.documents import message_id_of, template_of
from shared.messaging.model import Message, MessageState, SendMessage
from shared.patients.documents import patient_partition

log = logging.getLogger(__name__)


class CannotAskForConfirmation(Refusal):
    """The profile's template for confirmations is not there, or is not transactional."""

    needs_a_person: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class AskForConfirmation:
    """Begins the message, to the contact point that the yes is for and no other; told twice, it is one."""

    documents: Documents

    def __call__(self, requested: ConfirmationRequested, *, now: datetime) -> None:
        """Begin it, or raise `CannotAskForConfirmation`."""
        template = template_of(self.documents, requested.template_id)
        if template is None or template.body.content.purpose is not Purpose.TRANSACTIONAL:
            raise CannotAskForConfirmation
        message_id = derived("confirmation", requested.request_id)
        message = Message(
            asked=SendMessage(
                message_id=message_id,
                patient_id=requested.patient_id,
                channel=requested.channel,
                template_id=requested.template_id,
                because=f"opt-in:{requested.request_id}",
                values=Sensitive({"confirm_url": requested.confirm_url.value}),
                expires_at=requested.until,
            ),
            contact=requested.contact,
            address=requested.address,
            state=MessageState.REQUESTED,
            reason=None,
            asked_at=now,
            moved_at=now,
        )
        create = Create(message_id_of(message_id), message)
        order = announcing(message.order, of=create, named=f"{message_id}~0")
        with suppress(AlreadyExists):  # it has been begun before
            self.documents.commit(
                patient_partition(requested.patient_id), changes=[create], announcements=[order]
            )
        log.info("messaging.message.requested", extra={"message_id": message_id, "state": message.state})
