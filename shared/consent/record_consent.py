"""Record what a person allows or forbids about one of their contact points."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.model import RecordAudit
from shared.consent.documents import adding, consents_of
from shared.consent.model import Choice, Consent, Purpose, Source
from shared.kernel.documents import Documents, announcing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotAllowed, Refusal
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys, contact_partition
from shared.patients.model import Channel, Profile
from shared.patients.read_profile import ReadProfile

log = logging.getLogger(__name__)


class NotTheirContactPoint(Refusal):
    """The record does not name this contact point as the patient's own."""


class NotYourConsent(NotAllowed):
    """A patient speaks for nobody else."""


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """What was said. Without an address it is about the one that would be written to now."""

    channel: Channel
    purpose: Purpose
    choice: Choice
    topic: str | None = None
    address: Sensitive[str] | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentRecorded:
    """What stands now, and for which contact point, by its keyed name."""

    contact: str
    consent: Consent


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """Record it, by staff for a patient or by the patient, audited; saying it twice changes nothing."""

    documents: Documents
    profiles: ReadProfile
    contact_keys: ContactKeys

    def __call__(
        self, given: ConsentGiven, *, patient_id: PatientId, caller: Caller, now: datetime
    ) -> ConsentRecorded:
        if caller.patient_id not in {None, patient_id}:
            raise NotYourConsent
        contact = self.contact_keys.contact(given.channel, _address(given, self.profiles(patient_id), now))
        said = Consent(
            patient_id=patient_id,
            purpose=given.purpose,
            topic=given.topic,
            choice=given.choice,
            at=now,
            source=Source.PATIENT if caller.patient_id else Source.STAFF,
            reason=given.reason,
        )
        self._commit(contact, said, caller)
        return ConsentRecorded(contact, said)

    def _commit(self, contact: str, said: Consent, caller: Caller) -> None:
        written = adding(consents_of(self.documents, contact), said)
        if written is None:
            return
        name = f"record_consent~{contact}~{written.version}"
        audit = RecordAudit(
            name, said.at, caller.who, "record_consent", contact, said.patient_id, said.reason
        )
        self.documents.commit(
            contact_partition(contact),
            changes=[written],
            announcements=[announcing(audit, of=written, named=name)],
        )
        log.info("consent.consent.recorded", extra={"contact": contact, "choice": said.choice})


def _address(given: ConsentGiven, profile: Profile, now: datetime) -> str:
    """Give the contact point as the record spells it; one that is not the patient's own is refused."""
    if given.address is None:
        preferred = profile.preferred(given.channel, now)
        if preferred is None:
            raise NotTheirContactPoint
        return preferred.value.value
    known = {point.value.value for point in profile.contact_points if point.serves(given.channel)}
    if given.address.value not in known:
        raise NotTheirContactPoint
    return given.address.value
