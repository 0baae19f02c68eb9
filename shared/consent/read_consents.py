"""Show what a person has allowed and forbidden."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.consent.documents import consents_of
from shared.consent.model import Consent
from shared.consent.record_consent import NotYourConsent
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.model import Channel, ContactPoint
from shared.patients.read_profile import ReadProfile


@dataclass(frozen=True, slots=True)
class ContactConsents:
    """One contact point on one channel, and what binds this person there."""

    channel: Channel
    contact: str
    address: Sensitive[str]
    consents: tuple[Consent, ...]


@dataclass(frozen=True, slots=True)
class PatientConsents:
    """All contact points that the record names for the patient."""

    contact_points: tuple[ContactConsents, ...]


@dataclass(frozen=True, slots=True)
class ReadConsents:
    """Show, per contact point, what this person has said and what anybody's opt-out there forbids."""

    documents: Documents
    profiles: ReadProfile
    contact_keys: ContactKeys

    def __call__(self, *, patient_id: PatientId, caller: Caller, now: datetime) -> PatientConsents:
        if caller.patient_id not in {None, patient_id}:
            raise NotYourConsent
        profile = self.profiles(patient_id)
        return PatientConsents(
            tuple(
                self._of(point, channel, patient_id, now)
                for channel in Channel
                for point in profile.contact_points
                if point.serves(channel)
            )
        )

    def _of(
        self, point: ContactPoint, channel: Channel, patient_id: PatientId, now: datetime
    ) -> ContactConsents:
        contact = self.contact_keys.contact(channel, point.value.value)
        found = consents_of(self.documents, contact)
        said = found.body.said if found else ()
        binding = tuple(_as_shown(one, patient_id) for one in said if one.binds(patient_id, now))
        return ContactConsents(channel, contact, point.value, binding)


def _as_shown(consent: Consent, patient_id: PatientId) -> Consent:
    """Show another person's opt-out without saying whose it was."""
    if consent.patient_id == patient_id:
        return consent
    return Consent(
        patient_id,
        consent.purpose,
        consent.topic,
        consent.choice,
        consent.at,
        consent.source,
        None,
        consent.until,
    )
