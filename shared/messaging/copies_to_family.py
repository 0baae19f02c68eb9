"""Begin the copies of a message: each goes to somebody of the patient's, through a gate of its own (PA-9)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from shared.consent.copies.documents import copies_of
from shared.consent.copies.model import Copy
from shared.kernel.documents import Document, Documents
from shared.kernel.identity import derived
from shared.kernel.sensitive import Sensitive
from shared.messaging.documents import message_id_of, template_of
from shared.messaging.model import Message, MessageState, SendMessage
from shared.patients.contact_keys import ContactKeys
from shared.patients.documents import patient_partition
from shared.patients.read_related import ReadRelated


@dataclass(frozen=True, slots=True)
class CopiesToFamily:
    """Gives the copies that a message has: of a template that says by which other it is told to family.

    What is personal to its reader is never copied: a code that is withheld, or what is a copy already.
    """

    documents: Documents
    related: ReadRelated
    contact_keys: ContactKeys

    def __call__(self, asked: SendMessage, *, now: datetime) -> tuple[Message, ...]:
        """Give them, to be begun; none where nobody is copied or the address is not there any more."""
        if asked.related_person_id is not None or asked.withheld is not None:
            return ()
        found = copies_of(self.documents, asked.patient_id)
        wanted = [one for one in found.body.copies if one.is_accepted] if found else []
        template = template_of(self.documents, asked.template_id) if wanted else None
        if template is None or template.body.content.copied_as is None:
            return ()
        content = template.body.content
        covered = (one for one in wanted if one.covers(content.purpose, content.topic))
        begun = (self._begun(asked, one, content.copied_as or "", now) for one in covered)
        return tuple(message for message in begun if message is not None)

    def begun_of(self, asked: SendMessage) -> Iterator[Document[Message]]:
        """Give the copies that were begun of a message, whatever has become of what allowed them."""
        found = copies_of(self.documents, asked.patient_id)
        for copy in found.body.copies if found else ():
            place, named = patient_partition(asked.patient_id), message_id_of(_copy_id(asked, copy))
            message = self.documents.look(place, named, Message)
            if message is not None:
                yield message

    def _begun(self, asked: SendMessage, copy: Copy, template_id: str, now: datetime) -> Message | None:
        address = self._address(asked, copy, now)
        if address is None:
            return None
        to_family = replace(
            asked,
            message_id=_copy_id(asked, copy),
            channel=copy.channel,
            template_id=template_id,
            because=f"copy:{asked.message_id}",
            related_person_id=copy.terms.related_person_id,
            copy_id=copy.id,
            is_account_notice=False,
        )
        return Message(to_family, copy.contact, address, MessageState.REQUESTED, None, now, now)

    def _address(self, asked: SendMessage, copy: Copy, now: datetime) -> Sensitive[str] | None:
        person = self.related(copy.terms.related_person_id, patient_id=asked.patient_id, now=now)
        for point in person.contact_points if person else ():
            is_it = self.contact_keys.contact(copy.channel, point.value.value) == copy.contact
            if is_it and point.is_current(now) and point.serves(copy.channel):
                return point.value
        return None


def _copy_id(asked: SendMessage, copy: Copy) -> str:
    return derived("copy", asked.message_id, copy.id)
