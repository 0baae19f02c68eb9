"""Ask whoever reads a contact point whether a yes was meant: a transactional message to just there (CO-8)."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from shared.consent.model import ConfirmationRequested, Purpose
from shared.consent.still_unanswered import StillUnanswered
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Documents, announcing
from shared.kernel.identity import derived
from shared.kernel.refusals import AlreadyExists, Refusal
from shared.kernel.sensitive import Sensitive
from shared.messaging.documents import message_id_of, template_of
from shared.messaging.model import Message, MessageState, SendMessage
from shared.patients.documents import patient_partition

log = logging.getLogger(__name__)

UNDELIVERED = (MessageState.REFUSED, MessageState.BOUNCED)
OPT_IN = "opt-in:"


class CannotAskForConfirmation(Refusal):
    """The profile's template for confirmations is not there, or is not transactional."""

    needs_a_person: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class AskForConfirmation:
    """Begins the message, to the contact point that the yes is for and no other; told twice, it is one.

    The commit that begins the first one announces its reminders, each for its day. A reminder is sent while
    nothing has been said to it, the first message has reached somebody or may still, and nobody has said yes
    anew for the same contact point. Its link is the first one's, and ends with it.
    """

    documents: Documents
    unanswered: StillUnanswered

    def __call__(self, requested: ConfirmationRequested, *, now: datetime) -> None:
        """Begin it, or raise `CannotAskForConfirmation`."""
        if requested.reminder and not self._is_in_place(requested, now):
            log.info("messaging.reminder.not_needed", extra={"request": requested.request_id})
            return
        template = template_of(self.documents, requested.template_id)
        if template is None or template.body.content.purpose is not Purpose.TRANSACTIONAL:
            raise CannotAskForConfirmation
        message = _message(requested, now)
        message_id = message.asked.message_id
        create = Create(message_id_of(message_id), message)
        order = announcing(message.order, of=create, named=f"{message_id}~0")
        with suppress(AlreadyExists):  # it has been begun before
            self.documents.commit(
                patient_partition(requested.patient_id),
                changes=[create],
                announcements=[order, *_reminders(requested, create)],
            )
        log.info("messaging.message.requested", extra={"message_id": message_id, "state": message.state})

    def _is_in_place(self, requested: ConfirmationRequested, now: datetime) -> bool:
        if not self.unanswered(requested, now=now):
            return False
        asked = {one.asked.message_id: one for one in self._asked_at(requested)}
        first = asked.get(_message_id(replace(requested, reminder=0)))
        if first is None or first.state in UNDELIVERED:
            return False
        return not any(
            one.asked_at > first.asked_at and one.asked.because != first.asked.because
            for one in asked.values()
        )

    def _asked_at(self, requested: ConfirmationRequested) -> Iterator[Message]:
        """Give all messages that asked whoever reads this contact point to confirm something."""
        after: str | None = None
        while True:
            page = self.documents.list(
                patient_partition(requested.patient_id), "message", Message, after=after
            )
            for found in page.items:
                is_of_kind = found.body.asked.because.startswith(OPT_IN)
                if is_of_kind and found.body.contact == requested.contact:
                    yield found.body
            after = page.next
            if after is None:
                return


def _message(requested: ConfirmationRequested, now: datetime) -> Message:
    return Message(
        asked=SendMessage(
            message_id=_message_id(requested),
            patient_id=requested.patient_id,
            channel=requested.channel,
            template_id=requested.template_id,
            because=f"{_about(requested)}{requested.request_id}",
            values=Sensitive(
                {"confirm_url": requested.confirm_url.value, "reminder": str(requested.reminder)}
            ),
            expires_at=requested.until,
            related_person_id=requested.related_person_id,
            asks_about_copy=requested.request_id if requested.related_person_id else None,
        ),
        contact=requested.contact,
        address=requested.address,
        state=MessageState.REQUESTED,
        reason=None,
        asked_at=now,
        moved_at=now,
    )


def _about(requested: ConfirmationRequested) -> str:
    return OPT_IN if requested.related_person_id is None else "copies:"


def _message_id(requested: ConfirmationRequested) -> str:
    if requested.reminder == 0:
        return derived("confirmation", requested.request_id)
    return derived("confirmation", requested.request_id, str(requested.reminder))


def _reminders(requested: ConfirmationRequested, first: Create) -> Iterator[Announcement]:
    if requested.reminder:
        return
    for number, at in enumerate(requested.remind_at, start=1):
        reminder = replace(requested, reminder=number, remind_at=())
        yield announcing(reminder, of=first, named=f"{requested.request_id}~reminder~{number}", due_at=at)
