"""Messages, decisions, suppressions and templates as documents, and the reads they need."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.kernel.announcements import Announcement
from shared.kernel.documents import (
    Create,
    Document,
    Documents,
    Index,
    Replace,
    announcing,
    replacing,
)
from shared.kernel.identity import PatientId
from shared.messaging.decision import Decision
from shared.messaging.gate.frequency import LONGEST
from shared.messaging.model import DeliverMessage, Message, MessageMoved, MessageState
from shared.messaging.suppression import Suppression
from shared.messaging.template import MessageTemplate
from shared.patients.contact_keys import contact_partition
from shared.patients.documents import patient_partition

RELEASE_AT = Index("decision", "release_at")
CLAIMED_UNTIL = Index("decision", "claimed_until")
DECISION_STATE = Index("decision", "state")
SUPPRESSED_SINCE = Index("suppression", "since")

SUPPRESSION = "suppression~all"
FREQUENCY = "frequency~commercial"
CURRENT = "template~current"


@dataclass(frozen=True, slots=True)
class SentCommercially:
    """The commercial messages allowed to one contact point lately: each one's id and when."""

    sent: tuple[tuple[str, datetime], ...] = field(default_factory=tuple)

    @property
    def times(self) -> tuple[datetime, ...]:
        return tuple(at for _, at in self.sent)


def message_id_of(message_id: str) -> str:
    """Give the document id of a message."""
    return f"message~{message_id}"


def message_at(documents: Documents, patient_id: PatientId, message_id: str) -> Document[Message]:
    """Read a message. Raises `NotFound`."""
    return documents.read(patient_partition(patient_id), message_id_of(message_id), Message)


def decision_id(message_id: str) -> str:
    """Give the document id of the decision about a message."""
    return f"decision~{message_id}"


def decision_at(
    documents: Documents, contact: str, message_id: str, *, at_least: int = 0
) -> Document[Decision]:
    """Read what was decided about a message. Raises `NotFound`, or `NotYetVisible` below the version."""
    return documents.read(contact_partition(contact), decision_id(message_id), Decision, at_least=at_least)


def suppression_of(documents: Documents, contact: str) -> Document[Suppression] | None:
    """Read what has come back from a contact point."""
    return documents.look(contact_partition(contact), SUPPRESSION, Suppression)


def suppressing(found: Document[Suppression] | None, now: Suppression) -> tuple[Create | Replace, ...]:
    """Write down what has come back, if that is news."""
    if found is None:
        return (Create(SUPPRESSION, now),)
    return () if found.body == now else (replacing(found, now),)


def frequency_of(documents: Documents, contact: str) -> Document[SentCommercially] | None:
    """Read what a contact point was sent commercially."""
    return documents.look(contact_partition(contact), FREQUENCY, SentCommercially)


def counting(found: Document[SentCommercially] | None, message_id: str, now: datetime) -> Create | Replace:
    """Count one message more, and forget those that no window reaches."""
    former = found.body.sent if found else ()
    lately = tuple(one for one in former if now - LONGEST < one[1] and one[0] != message_id)
    body = SentCommercially((*lately, (message_id, now)))
    return replacing(found, body) if found else Create(FREQUENCY, body)


def uncounting(found: Document[SentCommercially] | None, message_id: str) -> tuple[Replace, ...]:
    """Take one message out of the count: nobody got it."""
    if found is None or all(counted != message_id for counted, _ in found.body.sent):
        return ()
    return (
        replacing(found, SentCommercially(tuple(one for one in found.body.sent if one[0] != message_id))),
    )


def template_partition(template_id: str) -> str:
    """Give the partition of a template and all its versions."""
    return f"template/{template_id}"


def template_version_id(version: int) -> str:
    """Give the document id of one version of a template; none is ever taken away."""
    return f"version~{version:06}"


def template_of(
    documents: Documents, template_id: str, version: int | None = None
) -> Document[MessageTemplate] | None:
    """Read a template: the version that is asked for, or the current one."""
    named = CURRENT if version is None else template_version_id(version)
    return documents.look(template_partition(template_id), named, MessageTemplate)


_TOLD = {
    MessageState.HELD,
    MessageState.UNCERTAIN,
    MessageState.REFUSED,
    MessageState.ACCEPTED,
    MessageState.DELIVERED,
    MessageState.BOUNCED,
}
"""What others hear of; that a message may be sent, or is being sent, concerns nobody else."""


def telling(
    written: Create | Replace, decision: Decision, *, comes_again: bool = False
) -> list[Announcement]:
    """Announce what follows: an allowed message is handed over, a held one comes back, others hear of it.

    The sweep looks after a held one that does not come back. An allowed one that `comes_again` by itself is
    not announced once more.
    """
    order = decision.order
    name = f"{order.contact}~{order.message_id}~{written.version}"
    if decision.state is MessageState.ALLOWED:
        if comes_again:
            return []
        deliver = DeliverMessage(order.contact, order.message_id, written.version)
        return [announcing(deliver, of=written, named=name)]
    if decision.state not in _TOLD:
        return []
    moved = MessageMoved(
        message_id=order.message_id,
        patient_id=order.patient_id,
        contact=order.contact,
        state=decision.state,
        reason=decision.reason,
        at=decision.moved_at,
        because=order.because,
    )
    return [announcing(moved, of=written, named=name), *_again(written, decision)]


def _again(written: Create | Replace, decision: Decision) -> list[Announcement]:
    if decision.state is not MessageState.HELD:
        return []
    name = f"{decision.order.message_id}~{decision.order.round}"
    return [announcing(decision.order, of=written, named=name, due_at=decision.release_at)]


def ended_unaddressed(message: Message, create: Create) -> Announcement:
    """Announce that a message came to its end before it had a gate to go through."""
    asked = message.asked
    ended = MessageMoved(
        asked.message_id,
        asked.patient_id,
        None,
        message.state,
        message.reason,
        message.moved_at,
        asked.because,
    )
    return announcing(ended, of=create, named=f"{asked.message_id}~unaddressed")
