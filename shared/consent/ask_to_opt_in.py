"""Hear a yes, and have whoever reads the contact point confirm it where the profile wants that (CO-8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.access.count_sendings import CountSendings
from shared.access.model import Caller
from shared.access.ports import Seals
from shared.audit.model import RecordAudit
from shared.consent.compliance import ComplianceProfile, DoubleOptIn, NoSuchProfile
from shared.consent.compliance_documents import profile_of
from shared.consent.confirmations import MOST_MATTERS, Confirmation, confirm_url
from shared.consent.documents import consents_of
from shared.consent.model import Choice, ConfirmationRequested, Purpose
from shared.consent.names_contact import NamesContact
from shared.consent.record_consent import ConsentGiven, NotTheirContactPoint, NotYourConsent, RecordConsent
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, Refusal
from shared.kernel.sensitive import Sensitive
from shared.patients.model import Channel


class ProfileIsInactive(Refusal):
    """The profile is not in use any more: nobody can say yes under it."""


@dataclass(frozen=True, slots=True)
class Matter:
    """A purpose, or one topic of it, of the profile's."""

    purpose: Purpose
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class OptIn:
    """A yes as a form gives it: under which profile, for which contact point of theirs, and to what."""

    profile_id: str
    channel: Channel
    address: Sensitive[str]
    matters: tuple[Matter, ...]


@dataclass(frozen=True, slots=True)
class OptInTaken:
    """What becomes of it: it stands, or it will once it is confirmed."""

    outcome: Literal["recorded", "to_be_confirmed"]
    contact: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AskToOptIn:
    """Records a yes at once, or asks for its confirmation and keeps nothing of it.

    Asked again under the same id, one message is sent. The record must name the contact point as theirs,
    and where it is to be written to, as one in use.
    """

    documents: Documents
    record_consent: RecordConsent
    names_contact: NamesContact
    count: CountSendings
    seals: Seals
    publisher: Publisher
    address: str

    def __call__(
        self, asked: OptIn, *, patient_id: PatientId, request_id: str, caller: Caller, now: datetime
    ) -> OptInTaken:
        """Take it.

        Raises what `RecordConsent` does, `NoSuchProfile`, `ProfileIsInactive`, `Nonsense` or `TooManyTries`.
        """
        if caller.patient_id not in {None, patient_id}:
            raise NotYourConsent
        profile = self._profile(asked)
        contact = self.record_consent.contact(asked.channel, asked.address, patient_id, now)
        if not self._must_be_confirmed(profile, contact, patient_id):
            for given in _given(asked):
                self.record_consent(given, patient_id=patient_id, caller=caller, now=now)
            return OptInTaken("recorded", contact)
        if not self.names_contact(contact, patient_id=patient_id, now=now):
            raise NotTheirContactPoint
        if caller.is_patient:
            self.count(caller, now=now)
        matters = tuple((matter.purpose, matter.topic) for matter in asked.matters)
        confirmation = Confirmation(contact, patient_id, profile.id, matters, now)
        self._ask(confirmation, asked, profile, request_id, caller)
        return OptInTaken("to_be_confirmed", contact, confirmation.until)

    def _profile(self, asked: OptIn) -> ComplianceProfile:
        found = profile_of(self.documents, asked.profile_id)
        if found is None:
            raise NoSuchProfile
        if found.body.state == "inactive":
            raise ProfileIsInactive
        if not 1 <= len(asked.matters) <= MOST_MATTERS or len(set(asked.matters)) < len(asked.matters):
            raise Nonsense(("matters", f"not 1 to {MOST_MATTERS} different ones"))
        for number, matter in enumerate(asked.matters):
            if not found.body.has(matter.purpose, matter.topic):
                raise Nonsense((f"matters.{number}", "not among the profile's"))
        return found.body

    def _must_be_confirmed(self, profile: ComplianceProfile, contact: str, patient_id: PatientId) -> bool:
        """Say so of every yes, or of one for a contact point about which they have never said anything."""
        match profile.content.double_opt_in:
            case DoubleOptIn.NEVER:
                return False
            case DoubleOptIn.EVERY_SUBMIT:
                return True
            case DoubleOptIn.NEW_CONTACTS:
                found = consents_of(self.documents, contact)
                return all(one.patient_id != patient_id for one in (found.body.said if found else ()))

    def _ask(
        self, what: Confirmation, asked: OptIn, profile: ComplianceProfile, request_id: str, caller: Caller
    ) -> None:
        """Tell whoever sends messages; that it was asked for is in the audit, and nothing else is kept."""
        requested = ConfirmationRequested(
            request_id=request_id,
            patient_id=what.patient_id,
            contact=what.contact,
            channel=asked.channel,
            address=asked.address,
            template_id=profile.content.confirmed_by or "",
            confirm_url=Sensitive(confirm_url(what, self.seals, self.address)),
            until=what.until,
            remind_at=tuple(what.asked_at + timedelta(days=days) for days in profile.content.reminded_after),
        )
        name = f"ask_to_opt_in~{request_id}"
        audit = RecordAudit(name, what.asked_at, caller.who, "ask_to_opt_in", what.contact, what.patient_id)
        of = (request_id, 1)
        self.publisher.publish([Announcement(requested, request_id, of), Announcement(audit, name, of)])


def _given(asked: OptIn) -> Iterator[ConsentGiven]:
    for matter in asked.matters:
        yield ConsentGiven(asked.channel, matter.purpose, Choice.OPTED_IN, matter.topic, asked.address)
