"""Let the record know what became of a message (FH-7)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.exchange.keep_in_record import KeepInRecord, OwnResource
from shared.fhir.ports import Resource
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId, derived
from shared.messaging.decision import Decision
from shared.messaging.documents import decision_id, message_id_of, template_of
from shared.messaging.in_fhir import (
    ELEMENTS,
    STATUSES,
    Background,
    Sending,
    communication,
    sending_decided,
    sending_unaddressed,
)
from shared.messaging.model import DecideSending, Message, MessageMoved, SendMessage
from shared.patients.contact_keys import contact_partition
from shared.patients.documents import patient_partition
from shared.patients.read_own_resources import ReadOwnResources, parts_of

Asked = SendMessage | DecideSending


@dataclass(frozen=True, slots=True)
class WriteMessageToRecord:
    """Writes a message as it stands when it looks, as a Communication; told twice, or late, it is one.

    A message that waits, or is on its way, is not told. What led to it is named as far as the record has it
    as this patient's or as nobody's. The words themselves are written only where the house `tells_text`, and
    then without what its links lead to. What was erased here stays in the record as it was.
    """

    documents: Documents
    keep: KeepInRecord
    own_resources: ReadOwnResources
    tells_text: bool

    def __call__(self, moved: MessageMoved, *, now: datetime) -> None:
        """Write it, or raise what `KeepInRecord` raises."""
        if moved.state not in STATUSES or not self.keep.allows("Communication"):
            return
        own = OwnResource("Communication", communication_id(moved.message_id), ELEMENTS)
        backgrounds: dict[PatientId, Background] = {}

        def spell(subject: PatientId | None) -> Resource | None:
            found = self._found(moved)
            if found is None or subject is None:
                return None
            sending, asked = found
            if subject not in backgrounds:
                backgrounds[subject] = self._background(sending, asked, subject)
            return {**communication(sending, subject, backgrounds[subject]), "id": own.id}

        self.keep(own, spell, patient_id=moved.patient_id, now=now)

    def _found(self, moved: MessageMoved) -> tuple[Sending, Asked] | None:
        """Give what is known of it now, if anything that the record is told."""
        if moved.contact is None:
            partition = patient_partition(moved.patient_id)
            message = self.documents.look(partition, message_id_of(moved.message_id), Message)
            found = (sending_unaddressed(message.body), message.body.asked) if message else None
        else:
            partition = contact_partition(moved.contact)
            decision = self.documents.look(partition, decision_id(moved.message_id), Decision)
            found = (sending_decided(decision.body), decision.body.order) if decision else None
        if found is None or found[0].state not in STATUSES:
            return None
        return found if self.tells_text else (replace(found[0], text=None), found[1])

    def _background(self, sending: Sending, asked: Asked, subject: PatientId) -> Background:
        template = template_of(self.documents, sending.template_id, sending.template_version)
        return Background(self._theirs(asked, subject), template.body.content.topic if template else None)

    def _theirs(self, asked: Asked, subject: PatientId) -> Mapping[str, Resource]:
        """Give what it was about, and whom of the family it went to, so far as it is there and theirs."""
        named = [asked.about] if asked.about else []
        named += asked.told_of.references.values() if asked.told_of else ()
        named += [f"RelatedPerson/{asked.related_person_id}"] if asked.related_person_id else ()
        theirs = {
            reference: resource
            for patient_id in dict.fromkeys((asked.patient_id, subject))
            for reference, resource in self.own_resources(
                patient_id, [parts_of(one) for one in named]
            ).items()
        }
        return {one: theirs[parts_of(one)] for one in dict.fromkeys(named) if parts_of(one) in theirs}


def communication_id(message_id: str) -> str:
    """Call it by what it is, so that whatever becomes of the message is its next version."""
    return derived("communication", message_id)
