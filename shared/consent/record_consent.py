"""Record what a person allows or forbids about one of their contact points."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.consent.documents import consents_of
from shared.consent.keep_word import Word, keep_word, last_word
from shared.consent.model import Choice, Consent, How, Purpose, Source
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, NotAllowed, Refusal
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.model import Channel
from shared.patients.read_profile import ReadProfile

MOST_TOPICS = 100
"""Of one person at one contact point: its document must have room for everybody who shares it."""
LONGEST_REASON = 500
TOPIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class TooManyTopics(Refusal):
    """Too many topics are kept for this contact point: forbid the purpose as a whole instead."""


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
        check_words(given.topic, given.reason)
        contact = self.contact(given.channel, given.address, patient_id, now)
        found = consents_of(self.documents, contact)
        check_room(found.body.said if found else (), given.topic, patient_id)
        said = last_word(
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
        how = How.PORTAL if caller.patient_id else How.DESK
        keep_word(self.documents, found, Word(contact, said, caller.who, how), now=now)
        return ConsentRecorded(contact, said)

    def contact(
        self, channel: Channel, address: Sensitive[str] | None, patient_id: PatientId, now: datetime
    ) -> str:
        """Name the contact point; one that is not the patient's own is refused (`NotTheirContactPoint`)."""
        profile = self.profiles(patient_id)
        if address is None:
            preferred = profile.preferred(channel, now)
            if preferred is None:
                raise NotTheirContactPoint
            return self.contact_keys.contact(channel, preferred.value.value)
        named = self.contact_keys.contact(channel, address.value)
        theirs = (point.value.value for point in profile.contact_points if point.serves(channel))
        if all(named != self.contact_keys.contact(channel, each) for each in theirs):
            raise NotTheirContactPoint
        return named


def check_words(topic: str | None, reason: str | None) -> None:
    """Refuse what no topic or reason looks like. Raises `Nonsense`."""
    if topic is not None and not TOPIC.fullmatch(topic):
        raise Nonsense(("topic", "not up to 64 letters, digits, dots, underscores and hyphens"))
    if reason is not None and len(reason) > LONGEST_REASON:
        raise Nonsense(("reason", f"longer than {LONGEST_REASON} characters"))


def check_room(said: Iterable[Consent], topic: str | None, patient_id: PatientId) -> None:
    """Refuse one topic too many; a word on a purpose as a whole always has room."""
    topics = {one.topic for one in said if one.patient_id == patient_id and one.topic is not None}
    if topic is not None and topic not in topics and len(topics) >= MOST_TOPICS:
        raise TooManyTopics
