"""Let a FHIR Consent count: apply what it says to the contact points of its patient."""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from shared.consent.documents import adding, consents_of
from shared.consent.in_fhir import OnChannel, consents_in
from shared.consent.model import Consent
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.documents import Commit, Documents
from shared.patients.contact_keys import ContactKeys, contact_partition
from shared.patients.model import Profile
from shared.patients.read_profile import ReadProfile
from shared.patients.references import patient_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TakeInConsent:
    """Apply one Consent to every contact point it is about, each in a commit of its own.

    It keeps nothing in between and the newest word on a matter wins, so it may run twice, late, or by halves.
    """

    documents: Documents
    record: ClinicalRecord
    profiles: ReadProfile
    contact_keys: ContactKeys

    def __call__(self, consent_id: str, *, now: datetime) -> int:
        """Give how many contact points it changed. Raises `NotFound` when there is no such Consent."""
        return self.apply(self.record.read("Consent", consent_id), now=now)

    def apply(self, resource: Resource, *, now: datetime) -> int:
        """Apply a Consent that has been read already."""
        patient_id, read = patient_of(resource), consents_in(resource)
        if patient_id is None or not read:
            return 0
        said = self._by_contact(read, self.profiles(patient_id), now)
        commits = [
            commit for contact, all_said in said.items() if (commit := self._commit(contact, all_said))
        ]
        for outcome in self.documents.commit_many(commits):
            if outcome is not None:
                raise outcome
        log.info("consent.consent.taken_in", extra={"contacts": len(commits)})
        return len(commits)

    def _by_contact(
        self, read: tuple[OnChannel, ...], profile: Profile, now: datetime
    ) -> dict[str, list[Consent]]:
        said: dict[str, list[Consent]] = defaultdict(list)
        for one in read:
            for point in profile.contact_points:
                if point.serves(one.channel) and point.is_current(now):
                    said[self.contact_keys.contact(one.channel, point.value.value)].append(one.consent)
        return said

    def _commit(self, contact: str, said: list[Consent]) -> Commit | None:
        written = adding(consents_of(self.documents, contact), *said)
        return Commit(contact_partition(contact), changes=[written]) if written else None
