"""Record what a person allows or forbids about one of their contact points."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.access.model import Caller
from shared.audit.model import RecordAudit
from shared.consent.documents import adding, consents_of
from shared.consent.model import Choice, Consent, Purpose, Source, newest
from shared.kernel.documents import Create, Documents, Replace, announcing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace, NotAllowed, Refusal
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
    """Record it, by staff for a patient or by the patient, audited; saying it twice changes nothing.

    It counts from now on, also where an older word on the matter carries a later date. Raises `LostRace` when
    somebody else was the first to speak about the contact point.
    """

    documents: Documents
    profiles: ReadProfile
    contact_keys: ContactKeys

    def __call__(
        self, given: ConsentGiven, *, patient_id: PatientId, caller: Caller, now: datetime
    ) -> ConsentRecorded:
        if caller.patient_id not in {None, patient_id}:
            raise NotYourConsent
        contact = self._contact(given, self.profiles(patient_id), now)
        found = consents_of(self.documents, contact)
        said = _after_all_that(
            found.body.said if found else (),
            Consent(
                patient_id=patient_id,
                purpose=given.purpose,
                topic=given.topic,
                choice=given.choice,
                at=now,
                source=Source.PATIENT if caller.patient_id else Source.STAFF,
                reason=given.reason,
            ),
        )
        written = adding(found, said)
        if written is not None:
            name = f"record_consent~{contact}~{written.version}"
            self._commit(
                written,
                RecordAudit(name, now, caller.who, "record_consent", contact, patient_id, given.reason),
            )
            log.info("consent.consent.recorded", extra={"contact": contact, "choice": said.choice})
        return ConsentRecorded(contact, said)

    def _contact(self, given: ConsentGiven, profile: Profile, now: datetime) -> str:
        """Name the contact point; one that is not the patient's own is refused."""
        if given.address is None:
            preferred = profile.preferred(given.channel, now)
            if preferred is None:
                raise NotTheirContactPoint
            return self.contact_keys.contact(given.channel, preferred.value.value)
        named = self.contact_keys.contact(given.channel, given.address.value)
        theirs = (point.value.value for point in profile.contact_points if point.serves(given.channel))
        if all(named != self.contact_keys.contact(given.channel, each) for each in theirs):
            raise NotTheirContactPoint
        return named

    def _commit(self, written: Create | Replace, audit: RecordAudit) -> None:
        try:
            self.documents.commit(
                contact_partition(audit.subject),
                changes=[written],
                announcements=[announcing(audit, of=written, named=audit.entry_id)],
            )
        except AlreadyExists:  # somebody else was the first to speak: read what they said, and add this
            raise LostRace from None


def _after_all_that(known: Iterable[Consent], said: Consent) -> Consent:
    """Date it after every word on the matter, for what is said now is the last word whatever the dates say.

    Dates run ahead where a clock was wrong, or was set back. What is the last word already is left as it is.
    """
    last = newest(one for one in known if one.is_about(said.purpose, said.topic))
    if last is None or last.at < said.at:
        return said
    return last if replace(last, at=said.at) == said else replace(said, at=last.at + _A_MOMENT)


_A_MOMENT = timedelta(microseconds=1)
