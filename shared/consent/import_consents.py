"""Take over consents that were given elsewhere, many at a time (CO-1)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.access.model import Caller
from shared.consent.documents import consents_of
from shared.consent.keep_word import Word, keep_word
from shared.consent.model import Choice, Consent, How, Purpose, Source
from shared.consent.record_consent import LONGEST_REASON, TOPIC, TooManyTopics, check_room
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, Nonsense
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.model import Channel, e164, mailbox

MOST_LINES = 500
MOST_RACES = 5
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
"""FHIR R4 datatypes.html#id."""
Problem = Literal[
    "not_a_patient",
    "not_an_address",
    "not_on_this_channel",
    "not_a_topic",
    "reason_too_long",
    "in_the_future",
    "no_time_zone",
    "too_many_topics",
]


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One word that was given elsewhere, and when: it counts from then, and never against a newer one."""

    patient_id: PatientId
    channel: Channel
    address: Sensitive[str]
    purpose: Purpose
    choice: Choice
    at: datetime
    topic: str | None = None
    until: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentsToImport:
    """Up to 500 of them."""

    lines: tuple[ConsentLine, ...]


@dataclass(frozen=True, slots=True)
class LineDone:
    """What became of a line, by its number from 0; `known` was known, or overtaken by a newer word."""

    line: int
    outcome: Literal["recorded", "known", "refused"]
    contact: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ConsentsImported:
    """What became of each line, in their order."""

    recorded: int
    known: int
    refused: int
    lines: tuple[LineDone, ...]


@dataclass(frozen=True, slots=True)
class ImportConsents:
    """Writes each line down for itself, audited; a bad one stops no other; told again, it changes nothing.

    The record need not name the contact point as the patient's: a no must hold wherever it was meant for.
    """

    documents: Documents
    contact_keys: ContactKeys
    region: str

    def __call__(self, asked: ConsentsToImport, *, caller: Caller, now: datetime) -> ConsentsImported:
        if not 1 <= len(asked.lines) <= MOST_LINES:
            raise Nonsense(("lines", f"must be 1 to {MOST_LINES}"))
        done = tuple(self._done(number, line, caller, now) for number, line in enumerate(asked.lines))
        outcomes = [one.outcome for one in done]
        recorded, known = outcomes.count("recorded"), outcomes.count("known")
        return ConsentsImported(recorded, known, outcomes.count("refused"), done)

    def _done(self, number: int, line: ConsentLine, caller: Caller, now: datetime) -> LineDone:
        problem = next(_problems(line, now), None)
        address = None if problem else self._spelt(line)
        if address is None:
            return LineDone(number, "refused", problem=problem or "not_an_address")
        contact = self.contact_keys.contact(line.channel, address)
        try:
            is_news = self._keep(contact, line, caller, now)
        except TooManyTopics:
            return LineDone(number, "refused", contact, "too_many_topics")
        return LineDone(number, "recorded" if is_news else "known", contact)

    def _keep(self, contact: str, line: ConsentLine, caller: Caller, now: datetime) -> bool:
        said = Consent(
            patient_id=line.patient_id,
            purpose=line.purpose,
            topic=line.topic,
            choice=line.choice,
            at=line.at,
            source=Source.IMPORTED,
            reason=line.reason,
            until=line.until,
        )
        for _ in range(MOST_RACES):
            found = consents_of(self.documents, contact)
            check_room(found.body.said if found else (), line.topic, line.patient_id)
            try:
                return keep_word(
                    self.documents, found, Word(contact, said, caller.who, How.BULK_IMPORT), now=now
                )
            except LostRace:
                continue
        raise LostRace

    def _spelt(self, line: ConsentLine) -> str | None:
        """Spell the address as a contact point's is, so that it is found by the same name."""
        given = line.address.value
        return mailbox(given) if line.channel is Channel.EMAIL else e164(given, region=self.region)


def _problems(line: ConsentLine, now: datetime) -> Iterator[Problem]:
    if not _ID.fullmatch(line.patient_id):
        yield "not_a_patient"
    if line.channel not in {Channel.EMAIL, Channel.SMS}:
        yield "not_on_this_channel"
    if line.topic is not None and not TOPIC.fullmatch(line.topic):
        yield "not_a_topic"
    if line.reason is not None and len(line.reason) > LONGEST_REASON:
        yield "reason_too_long"
    if line.at.tzinfo is None or (line.until is not None and line.until.tzinfo is None):
        yield "no_time_zone"
    elif line.at > now:
        yield "in_the_future"
