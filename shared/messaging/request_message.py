"""Take in that somebody is to be written to: choose the address, keep it, and ask the gate."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Documents, announcing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, NotFound
from shared.messaging.copies_to_family import CopiesToFamily
from shared.messaging.documents import ended_unaddressed, message_id_of
from shared.messaging.gate.alive import reason_not_to
from shared.messaging.model import Message, MessageState, Reason, SendMessage
from shared.patients.contact_keys import ContactKeys
from shared.patients.documents import patient_partition
from shared.patients.model import ContactPoint, Profile
from shared.patients.read_profile import ReadProfile

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RequestMessage:
    """Begin one message; asked for twice, it is begun once, and the address first chosen stands.

    One that was taken back before it was begun stands as refused, and is not begun. Its copies to family are
    begun in the same commit; they go or stay by themselves, also where the patient has no address.
    """

    documents: Documents
    profiles: ReadProfile
    contact_keys: ContactKeys
    copies: CopiesToFamily

    def __call__(self, asked: SendMessage, *, now: datetime) -> None:
        message = self._begun(asked, now)
        begun = [message, *self.copies(asked, now=now)]
        creates = [Create(message_id_of(one.asked.message_id), one) for one in begun]
        following = [_next(one, create) for one, create in zip(begun, creates, strict=True)]
        try:
            place = patient_partition(asked.patient_id)
            self.documents.commit(place, changes=creates, announcements=following)
        except AlreadyExists:  # asked for before: what was begun then stands
            return
        log.info(
            "messaging.message.requested", extra={"message_id": asked.message_id, "state": message.state}
        )

    def _begun(self, asked: SendMessage, now: datetime) -> Message:
        profile = self._profile(asked.patient_id)
        point = profile.preferred(asked.channel, now) if profile else None
        if profile is None or point is None:
            return _refused(asked, reason_not_to(profile) or Reason.NO_ADDRESS, now)
        return self._addressed(asked, point, now)

    def _profile(self, patient_id: PatientId) -> Profile | None:
        try:
            return self.profiles(patient_id)
        except NotFound:
            return None

    def _addressed(self, asked: SendMessage, point: ContactPoint, now: datetime) -> Message:
        return Message(
            asked=asked,
            contact=self.contact_keys.contact(asked.channel, point.value.value),
            address=point.value,
            state=MessageState.REQUESTED,
            reason=None,
            asked_at=now,
            moved_at=now,
        )


def _refused(asked: SendMessage, reason: Reason, now: datetime) -> Message:
    return Message(asked, None, None, MessageState.REFUSED, reason, asked_at=now, moved_at=now)


def _next(message: Message, create: Create) -> Announcement:
    """Send it to its gate; what has no address has already come to its end, and others hear of that."""
    order = message.order
    if order is None:
        return ended_unaddressed(message, create)
    return announcing(order, of=create, named=f"{order.message_id}~0")
