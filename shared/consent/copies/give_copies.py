"""Give somebody of the family copies of what a patient is written, if they accept it."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.access.count_sendings import CountSendings
from shared.access.documents import portal_of
from shared.access.family_terms import FamilyAsked, Terms
from shared.access.in_fhir import can_be_invited
from shared.access.make_invitation import CannotBeInvited
from shared.access.model import Caller
from shared.access.portal_access import FamilyScope, FamilyTerms
from shared.audit.announced import audited
from shared.audit.model import Action
from shared.consent.copies.documents import checked_reason, copies_of, keeping
from shared.consent.copies.links import CopyLinks
from shared.consent.copies.model import Copies, Copy, CopyState, Matter
from shared.consent.model import ConfirmationRequested, Purpose
from shared.consent.record_consent import NotTheirContactPoint, NotYourConsent, check_words
from shared.kernel.documents import Documents, announcing
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import AlreadyExists, LostRace, Nonsense, Throttled
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys, channel_of
from shared.patients.documents import patient_partition
from shared.patients.model import Channel
from shared.patients.read_related import ReadRelated

log = logging.getLogger(__name__)

MOST_MATTERS = 10
A_DAY = timedelta(days=1)
MOST_A_DAY = 5
"""Asked about one patient's messages in 24 hours: nobody is asked again and again until they accept."""
WHY = "The patient wants them copied."


class TooManyAsked(Throttled):
    """Too many people have been asked today whether they want copies; try tomorrow."""


@dataclass(frozen=True, slots=True)
class CopiedMatter:
    """A purpose, or one topic of it; without a topic all of the purpose."""

    purpose: Purpose
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class CopiesAsked:
    """Whom to copy, at which of the contact points that the record has of them, and on what.

    `clinical` lets what tells of the patient's health be copied too. `as_guardian` is for who has custody of
    a minor, and `why` says on what ground staff do it: the patient's word, or the law's.
    """

    related_person_id: str
    contact: str
    matters: tuple[CopiedMatter, ...]
    clinical: bool = False
    until: datetime | None = None
    as_guardian: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class CopiesGiven:
    """That they were asked; nothing is copied before they have accepted it, within 28 days."""

    copy_id: str
    state: CopyState
    until: datetime


@dataclass(frozen=True, slots=True)
class GiveCopies:
    """Keeps the patient's word and asks whoever reads the contact point for theirs, in one commit (PA-9).

    Given again to the same person at the same contact point, the former copies end, and they are asked anew.
    Asked for twice under one id, it is once.
    """

    documents: Documents
    terms: Terms
    related: ReadRelated
    contact_keys: ContactKeys
    links: CopyLinks
    count: CountSendings
    template_id: str

    def __call__(
        self, asked: CopiesAsked, *, patient_id: PatientId, request_id: str, caller: Caller, now: datetime
    ) -> CopiesGiven:
        """Give them.

        Raises what `Terms` does, `NotTheirContactPoint`, `TooManyCopies`, `TooManyAsked` or `Nonsense`.
        """
        if caller.patient_id not in {None, patient_id}:
            raise NotYourConsent
        found = copies_of(self.documents, patient_id)
        copies = found.body if found else Copies()
        copy_id = derived("copies", patient_id, request_id)
        before = copies.copy(copy_id)
        if before is not None:
            return CopiesGiven(before.id, before.state(now), before.until)
        terms = self._terms(asked, patient_id, caller, now)
        channel, address = self._point(asked, patient_id, now)
        _check_how_many(copies, now)
        self.count(caller, now=now)
        given = Copy(
            id=copy_id,
            terms=terms,
            channel=channel,
            contact=asked.contact,
            matters=_matters(asked),
            given_by=caller.who,
            by_patient=caller.is_patient,
            given_at=now,
            why=WHY if caller.is_patient else checked_reason(asked.why),
            rests_on_access=self._may_act(terms, patient_id),
        )
        write = keeping(found, copies.giving(given))
        told = audited(
            write,
            what="give_copies",
            subject=f"copies/{copy_id}",
            who=caller.who,
            now=now,
            patient_id=patient_id,
            why=given.why,
            entry_id=f"give_copies~{patient_id}~{write.version}",
            action=Action.CREATE,
        )
        ask = announcing(self._asking(given, address, patient_id, now), of=write, named=copy_id)
        try:
            self.documents.commit(patient_partition(patient_id), changes=[write], announcements=[told, ask])
        except AlreadyExists:
            raise LostRace from None
        log.info("consent.copies.given", extra={"copy": copy_id, "by_patient": given.by_patient})
        return CopiesGiven(copy_id, "asked", given.until)

    def _terms(self, asked: CopiesAsked, patient_id: PatientId, caller: Caller, now: datetime) -> FamilyTerms:
        patient = self.terms.record.read("Patient", patient_id)
        if not can_be_invited(patient):
            raise CannotBeInvited
        clinical = (FamilyScope.VIEW_CLINICAL,) if asked.clinical else ()
        scopes = (FamilyScope.VIEW_ADMINISTRATIVE, *clinical)
        guards = asked.as_guardian and not caller.is_patient  # nobody makes somebody their own guardian
        wanted = FamilyAsked(asked.related_person_id, scopes, asked.until, guards)
        return self.terms.agreed(wanted, patient, patient_id, now)

    def _point(
        self, asked: CopiesAsked, patient_id: PatientId, now: datetime
    ) -> tuple[Channel, Sensitive[str]]:
        try:
            channel = channel_of(asked.contact)
        except ValueError:
            raise Nonsense(("contact", "not a contact point's name")) from None
        person = self.related(asked.related_person_id, patient_id=patient_id, now=now)
        for point in person.contact_points if person else ():
            is_named = self.contact_keys.contact(channel, point.value.value) == asked.contact
            if is_named and point.serves(channel) and point.is_current(now):
                return channel, point.value
        raise NotTheirContactPoint

    def _may_act(self, terms: FamilyTerms, patient_id: PatientId) -> bool:
        portal = portal_of(self.documents, patient_id)
        let_in = portal.body.family if portal else ()
        return any(one.terms.related_person_id == terms.related_person_id for one in let_in)

    def _asking(
        self, given: Copy, address: Sensitive[str], patient_id: PatientId, now: datetime
    ) -> ConfirmationRequested:
        return ConfirmationRequested(
            request_id=given.id,
            patient_id=patient_id,
            contact=given.contact,
            channel=given.channel,
            address=address,
            template_id=self.template_id,
            confirm_url=Sensitive(self.links.of(given, patient_id, now=now)),
            until=given.until,
            related_person_id=given.terms.related_person_id,
        )


def _check_how_many(copies: Copies, now: datetime) -> None:
    lately = [one.given_at for one in copies.copies if now - A_DAY < one.given_at]
    if len(lately) >= MOST_A_DAY:
        raise TooManyAsked(retry_after=min(lately) + A_DAY - now)


def _matters(asked: CopiesAsked) -> tuple[Matter, ...]:
    matters = tuple((one.purpose, one.topic) for one in asked.matters)
    if not 1 <= len(matters) <= MOST_MATTERS or len(set(matters)) < len(matters):
        raise Nonsense(("matters", f"not 1 to {MOST_MATTERS} different ones"))
    for number, (purpose, topic) in enumerate(matters):
        check_words(topic, None)
        if purpose is Purpose.TRACKING:
            raise Nonsense((f"matters.{number}.purpose", "nothing that can be copied"))
    return matters
