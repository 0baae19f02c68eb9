"""Gather what the gate looks at, with guards on what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.consent.compliance import ComplianceProfile, enforced
from shared.consent.compliance_documents import profile_of
from shared.consent.copies.links import CopyLinks
from shared.consent.copies.model import Copy
from shared.consent.copies.standing_copies import StandingCopies
from shared.consent.documents import Consents, consents_of
from shared.consent.legacy_flags import refusals_of
from shared.consent.links import GOOD_FOR, PreferenceLink, PreferenceLinks
from shared.consent.model import USUAL_ENFORCEMENTS, Consent, Enforcements, Purpose
from shared.consent.read_recorded_consents import ReadRecordedConsents
from shared.kernel.documents import Document, Documents, Unchanged, unchanged
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.messaging.documents import SentCommercially, frequency_of, suppression_of, template_of
from shared.messaging.gate.shown import Shown
from shared.messaging.gate.situation import Situation
from shared.messaging.model import Channel, DecideSending
from shared.messaging.suppression import Suppression
from shared.messaging.tell_of_patient import NOTHING, TellOfPatient
from shared.messaging.template import TemplateContent
from shared.messaging.told_to_family import told_to_family
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.patients.model import Profile
from shared.patients.person import Person
from shared.patients.read_own_resources import ReadOwnResources, parts_of
from shared.patients.read_patient import ReadPatient
from shared.patients.read_related import ReadRelated


@dataclass(frozen=True, slots=True)
class Gathered:
    """A situation, and the documents of the contact point that it was read from."""

    situation: Situation
    consents: Document[Consents] | None
    suppression: Document[Suppression] | None
    frequency: Document[SentCommercially] | None

    @property
    def guards(self) -> list[Unchanged]:
        """What must not have changed when the decision is committed."""
        return [unchanged(found) for found in (self.consents, self.suppression) if found is not None]


@dataclass(frozen=True, slots=True)
class ReadSituation:
    """Reads person, template, contact point, and the person's Consents in the record, as they are now."""

    documents: Documents
    people: ReadPatient
    related: ReadRelated
    copies: StandingCopies
    recorded_consents: ReadRecordedConsents
    features: LiveFeatures
    links: PreferenceLinks | None = None
    copy_links: CopyLinks | None = None
    enforcements: Enforcements = USUAL_ENFORCEMENTS
    honours_legacy_flags: bool = False
    zone: str = "UTC"
    own_resources: ReadOwnResources | None = None
    tell_of_patient: TellOfPatient | None = None

    def __call__(
        self, order: DecideSending, *, now: datetime, template_version: int | None = None
    ) -> Gathered:
        """Read it; with a version, the template is the one that the message was written from.

        Then nothing is written any more, and what templates speak of is not read.
        """
        consents = consents_of(self.documents, order.contact)
        suppression = suppression_of(self.documents, order.contact)
        frequency = frequency_of(self.documents, order.contact)
        template = template_of(self.documents, order.template_id, template_version)
        content = template.body.content if template else None
        compliance = self._compliance(content)
        link = _link(order, content, now)
        person = self._person(order.patient_id)
        profile = person.profile if person else None
        copy = self._copy(order, now)
        stop = self._stop(order, copy, now)
        is_theirs = order.related_person_id is None
        flags = refusals_of(profile, order.channel, now=now) if profile and self.honours_legacy_flags else ()
        situation = Situation(
            order=order,
            profile=profile,
            template=template.body if template else None,
            consents=(
                *(consents.body.said if consents else ()),
                *(self._recorded(order, person, now) if is_theirs else ()),
                *(flags if is_theirs else ()),
            ),
            suppression=suppression.body if suppression else None,
            sent=frequency.body.times if frequency else (),
            outreach_is_on=self.features.has(Feature.OUTREACH),
            now=now,
            enforcements=enforced(compliance, self.enforcements) if compliance else None,
            company_address=compliance.content.company_address if compliance else None,
            preferences_url=stop or (self.links.page(link) if self.links and link else None),
            one_click_url=stop or (self.links.one_click(link) if self.links and link else None),
            copy=copy,
            related=self._related(order, now),
            trigger=self._trigger(order, profile, copy) if template_version is None else None,
            about=self._about(order, person, content, now) if template_version is None else None,
        )
        return Gathered(situation, consents, suppression, frequency)

    def _recorded(self, order: DecideSending, person: Person | None, now: datetime) -> Sequence[Consent]:
        return self.recorded_consents(order.patient_id, order.channel, now=now, as_read=person)

    def _compliance(self, content: TemplateContent | None) -> ComplianceProfile | None:
        """Read the profile that it is sent under, if any: as it is now, whatever its state (CO-2)."""
        if content is None or content.profile_id is None:
            return None
        found = profile_of(self.documents, content.profile_id)
        return found.body if found else None

    def _trigger(self, order: DecideSending, profile: Profile | None, copy: Copy | None) -> Shown | None:
        """Read what an event said, and what it refers to as it is now: this patient's own, each of them.

        What is gone, or has become somebody else's, is missing like a field that is not there; so is, for
        family who may not know of the patient's health, what tells of it, and all that was told in words.
        """
        told = order.told_of
        if told is None or self.own_resources is None:
            return None
        wanted = {name: parts_of(text) for name, text in told.references.items()}
        own = self.own_resources(order.patient_id, list(wanted.values()))
        there = {name: own[reference] for name, reference in wanted.items() if reference in own}
        given = told.given.value
        if order.copy_id is not None and not (copy and copy.is_clinical):
            there, given = told_to_family(there), {}
        return Shown({**given, **there}, (profile and profile.time_zone) or self.zone)

    def _about(
        self, order: DecideSending, person: Person | None, content: TemplateContent | None, now: datetime
    ) -> Shown | None:
        """Read what may be said to patients of themselves; to family nothing of it is said (decision 45)."""
        if person is None or content is None or self.tell_of_patient is None:
            return None
        return NOTHING if order.related_person_id else self.tell_of_patient(person, content, now=now)

    def _copy(self, order: DecideSending, now: datetime) -> Copy | None:
        if order.asks_about_copy is not None:
            return self.copies.asked(order.asks_about_copy, patient_id=order.patient_id, now=now)
        if order.copy_id is None:
            return None
        return self.copies(order.copy_id, patient_id=order.patient_id, now=now)

    def _stop(self, order: DecideSending, copy: Copy | None, now: datetime) -> str | None:
        """Give where a copy is stopped."""
        if self.copy_links is None or copy is None or order.copy_id is None:
            return None
        return self.copy_links.of(copy, order.patient_id, now=now)

    def _related(self, order: DecideSending, now: datetime) -> Profile | None:
        if order.related_person_id is None:
            return None
        return self.related(order.related_person_id, patient_id=order.patient_id, now=now)

    def _person(self, patient_id: PatientId) -> Person | None:
        """Read them; who is gone from the record is nobody, and the gate says so."""
        try:
            return self.people(patient_id)
        except NotFound:
            return None


def _link(order: DecideSending, content: TemplateContent | None, now: datetime) -> PreferenceLink | None:
    """Give what the link in a commercial e-mail says; a text message is answered instead (CO-10).

    Family has no link by which to speak for the patient.
    """
    if order.related_person_id is not None:
        return None
    if content is None or content.purpose is not Purpose.COMMERCIAL or order.channel is not Channel.EMAIL:
        return None
    return PreferenceLink(
        contact=order.contact,
        patient_id=order.patient_id,
        purpose=content.purpose,
        topic=content.topic,
        profile_id=content.profile_id,
        until=now + GOOD_FOR,
    )
