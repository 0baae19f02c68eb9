"""Write invitations to the portal to contact points of the record (PA-1, PA-9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.access.portal_access import Invitation, Sent
from shared.access.ports import AddressShown, Fate, InvitationPost, Letter
from shared.fhir.ports import Resource
from shared.kernel.documents import Create, Documents, announcing
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import NotFound, Refusal
from shared.kernel.sensitive import Sensitive
from shared.messaging.documents import message_at, message_id_of, suppression_of, template_of
from shared.messaging.model import WITHHELD, Channel, Message, MessageState, Purpose, SendMessage
from shared.messaging.template import TemplateContent
from shared.patients.contact_keys import ContactKeys
from shared.patients.in_fhir import contact_points_of
from shared.patients.masking import masked, masked_text
from shared.patients.model import ContactPoint

CODE = "invitation_code"
"""What a template calls the place of the code."""


class NotTheirAddress(Refusal):
    """The record does not name this contact point as theirs, or not any more."""


class CannotSendInvitations(Refusal):
    """There is no transactional template for invitations on this channel that has a place for the code."""


@dataclass(frozen=True, slots=True)
class InvitationTemplates:
    """By which templates the house invites patients, and family."""

    patient: str
    family: str


@dataclass(frozen=True, slots=True)
class InvitationLetters(InvitationPost):
    """Begins an ordinary transactional message, whose gate has its say as of any other."""

    documents: Documents
    contact_keys: ContactKeys
    region: str
    templates: InvitationTemplates

    def addresses(self, person: Resource, *, now: datetime) -> Sequence[AddressShown]:
        shown: dict[str, AddressShown] = {}
        for contact, channel, point in self._points(person, now):
            found = suppression_of(self.documents, contact)
            is_suppressed = found is not None and found.body.stands(now)
            shown.setdefault(contact, AddressShown(contact, channel, masked(point).value, is_suppressed))
        return tuple(shown.values())

    def letter(
        self,
        invitation: Invitation,
        *,
        seed: Sensitive[str],
        contact: str,
        patient_id: PatientId,
        person: Resource,
        now: datetime,
    ) -> Letter:
        theirs = {named: (channel, point) for named, channel, point in self._points(person, now)}
        if contact not in theirs:
            raise NotTheirAddress
        channel, point = theirs[contact]
        message_id = derived("invitation letter", invitation.id)
        message = Message(
            asked=SendMessage(
                message_id=message_id,
                patient_id=patient_id,
                channel=channel,
                template_id=self._template(invitation, channel),
                because=f"invitation:{invitation.id}",
                values=Sensitive({CODE: WITHHELD, "expires_at": invitation.expires_at.isoformat()}),
                expires_at=invitation.expires_at,
                related_person_id=invitation.family.related_person_id if invitation.family else None,
                withheld=seed,
            ),
            contact=contact,
            address=point.value,
            state=MessageState.REQUESTED,
            reason=None,
            asked_at=now,
            moved_at=now,
        )
        create = Create(message_id_of(message_id), message)
        order = announcing(message.order, of=create, named=f"{message_id}~0")
        return Letter(Sent(message_id, channel, contact), [create], [order])

    def fate(self, patient_id: PatientId, message_id: str) -> Fate | None:
        try:
            message = message_at(self.documents, patient_id, message_id).body
        except NotFound:
            return None
        went_to = Sensitive(masked_text(message.address.value)) if message.address else None
        return Fate(message.state, message.reason, message.moved_at, went_to)

    def _points(self, person: Resource, now: datetime) -> Iterator[tuple[str, Channel, ContactPoint]]:
        for channel in (Channel.EMAIL, Channel.SMS):
            for point in contact_points_of(person, region=self.region):
                if point.serves(channel) and point.is_current(now):
                    yield self.contact_keys.contact(channel, point.value.value), channel, point

    def _template(self, invitation: Invitation, channel: Channel) -> str:
        template_id = self.templates.family if invitation.family else self.templates.patient
        found = template_of(self.documents, template_id)
        if found is None or not _has_place_for_a_code(found.body.content, channel):
            raise CannotSendInvitations
        return template_id


def _has_place_for_a_code(content: TemplateContent, channel: Channel) -> bool:
    texts = [
        text
        for variant in content.variants
        if variant.channel is channel
        for text in (variant.text, variant.html)
        if text is not None
    ]
    return content.purpose is Purpose.TRANSACTIONAL and bool(texts) and all(CODE in text for text in texts)
