"""Show what stands to whoever has a link from a message of ours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.consent.compliance import ComplianceProfile
from shared.consent.compliance_documents import profile_of
from shared.consent.documents import consents_of
from shared.consent.links import PreferenceLink, link_from
from shared.consent.model import choice_of
from shared.consent.preferences import (
    Matter,
    PointShown,
    PreferenceShown,
    PreferencesView,
    Stands,
    field_of,
    masked,
    matters,
)
from shared.consent.read_recorded_consents import ReadRecordedConsents
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.patients.contact_keys import ContactKeys, channel_of
from shared.patients.model import Channel, Profile
from shared.patients.read_profile import ReadProfile

Points = dict[str, tuple[Channel, str | None]]
"""The contact points by their keyed names, with the address where the record names it."""


@dataclass(frozen=True, slots=True)
class OpenPreferences:
    """Gives what stands for the link's patient, and changes nothing: mail scanners open every link first."""

    documents: Documents
    profiles: ReadProfile
    recorded_consents: ReadRecordedConsents
    contact_keys: ContactKeys
    language: str

    def __call__(self, *, told: Mapping[str, str], now: datetime) -> PreferencesView:
        """Give it, or raise `SealBroken`."""
        link = link_from(told)
        if link.has_expired(now):
            return PreferencesView("expired", self._language(self.person(link)))
        return self.view("open", link, now)

    def view(self, stands: Stands, link: PreferenceLink, now: datetime) -> PreferencesView:
        """Give the page as it now is."""
        person, found = self.person(link), profile_of(self.documents, link.profile_id or "none")
        profile = found.body if found else None
        return PreferencesView(
            stands,
            self._language(person),
            profile.content.name if profile else None,
            profile.content.company_address if profile else None,
            tuple(self._shown(link, person, profile, now)),
        )

    def person(self, link: PreferenceLink) -> Profile | None:
        """Read whose link it is; who is gone from the record can still say no to where it went."""
        try:
            return self.profiles(link.patient_id)
        except NotFound:
            return None

    def _language(self, person: Profile | None) -> str:
        return (person.language if person else None) or self.language

    def _shown(
        self, link: PreferenceLink, person: Profile | None, profile: ComplianceProfile | None, now: datetime
    ) -> Iterator[PointShown]:
        asked = matters(profile, (link.purpose, link.topic))
        for contact, (channel, address) in self._points(link, person, now).items():
            yield PointShown(
                contact,
                channel,
                masked(channel, address) if address else None,
                contact == link.contact,
                tuple(self._preferences(contact, link.patient_id, asked, now)),
            )

    def _points(self, link: PreferenceLink, person: Profile | None, now: datetime) -> Points:
        """Give the one that the link went to first, then all others that the record names."""
        points: Points = {link.contact: (channel_of(link.contact), None)}
        for channel in Channel:
            for point in person.contact_points if person else ():
                if point.serves(channel) and point.is_current(now):
                    address = point.value.value
                    points[self.contact_keys.contact(channel, address)] = (channel, address)
        return points

    def _preferences(
        self, contact: str, patient_id: PatientId, asked: Sequence[Matter], now: datetime
    ) -> Iterator[PreferenceShown]:
        found = consents_of(self.documents, contact)
        known = (
            *(found.body.said if found else ()),
            *self.recorded_consents(patient_id, channel_of(contact), now=now),
        )
        for purpose, topic, name, description in asked:
            choice = choice_of(known, patient_id, purpose, topic, now)
            yield PreferenceShown(
                field_of(contact, purpose, topic), purpose, topic, name, description, choice
            )
