"""Make one invitation, by a code that is told or by one that is sent."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.access.documents import (
    invitation_partition,
    keeping,
    pointing,
    portal_of,
    portal_partition,
)
from shared.access.family_terms import FamilyAsked, Terms
from shared.access.in_fhir import birth_date_of, can_be_invited
from shared.access.invitation_codes import InvitationCodes
from shared.access.model import Caller
from shared.access.portal_access import Invitation, PortalAccess
from shared.access.ports import Letter
from shared.audit.announced import audited
from shared.audit.model import Action
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace, Nonsense, Refusal
from shared.kernel.sensitive import Sensitive

log = logging.getLogger(__name__)

LASTS_AT_MOST = 90
LONGEST_REASON = 500

Sending = Callable[[Invitation, Resource], Letter]
"""What makes the letter of an invitation to a patient, as the record has them."""


class CannotBeInvited(Refusal):
    """Nobody is invited to this record: it is not in use, or stands for nobody who lives."""


class BirthDateUnknown(Refusal):
    """The record does not know the day of birth, so it cannot be asked for."""


@dataclass(frozen=True, slots=True)
class InvitationAsked:
    """Whom to invite, and how.

    `asks_birth_date` says whether whoever redeems it must know the patient's date of birth. `another_login`
    lets a second login be linked beside the first. With `family` somebody else is let in to act for the
    patient, and `why` must say on what ground.
    """

    asks_birth_date: bool
    lasts_days: int | None = None
    another_login: bool = False
    family: FamilyAsked | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class MakeInvitation:
    """Make an invitation, audited; those still open for the same person open nothing any more (PA-1, PA-9).

    What is kept is a keyed hash of the code. With `sending`, the letter goes into the very commit that makes
    the invitation: neither is there without the other. Made anew by the same code, it is what was made.
    """

    documents: Documents
    record: ClinicalRecord
    codes: InvitationCodes
    terms: Terms
    lasts: timedelta

    def __call__(  # by which code, to whom, by whom, when, and how it gets there
        self,
        asked: InvitationAsked,
        code: Sensitive[str],
        *,
        patient_id: PatientId,
        caller: Caller,
        now: datetime,
        sending: Sending | None = None,
    ) -> Invitation:
        _check(asked)
        patient = self.record.read("Patient", patient_id)
        if not can_be_invited(patient):
            raise CannotBeInvited
        if asked.asks_birth_date and birth_date_of(patient) is None:
            raise BirthDateUnknown
        made = Invitation(
            id=self.codes.name_of(code),
            made_by=caller.who,
            made_at=now,
            expires_at=now + (timedelta(days=asked.lasts_days) if asked.lasts_days else self.lasts),
            asks_birth_date=asked.asks_birth_date,
            another_login=asked.another_login,
            family=self.terms.agreed(asked.family, patient, patient_id, now) if asked.family else None,
            why=asked.why,
            by_patient=caller.is_patient,
        )
        letter = sending(made, patient) if sending else None
        if letter is not None:
            made = replace(made, sent=letter.sent)
        self._keep(made, letter, patient_id, caller, now)
        log.info(
            "access.invitation.made",
            extra={
                "invitation": made.id,
                "family": made.family is not None,
                "sent": made.sent is not None,
            },
        )
        return made

    def _keep(
        self, made: Invitation, letter: Letter | None, patient_id: PatientId, caller: Caller, now: datetime
    ) -> None:
        """Keep where the code leads first: without the invitation itself it opens nothing."""
        found = portal_of(self.documents, patient_id)
        write = keeping(found, (found.body if found else PortalAccess()).inviting(made))
        told = audited(
            write,
            what=_act(made),
            subject=f"invitation~{made.id}",
            who=caller.who,
            now=now,
            patient_id=patient_id,
            why=made.why,
            entry_id=f"invite_patient~{patient_id}~{write.version}",
            action=Action.CREATE,
        )
        pointer = pointing(made, patient_id)
        try:
            self.documents.commit(invitation_partition(made.id), changes=[pointer])
        except AlreadyExists:
            if made.sent is None:  # nobody has drawn this code before
                raise
        try:
            self.documents.commit(
                portal_partition(patient_id),
                changes=[write, *(letter.changes if letter else ())],
                announcements=[told, *(letter.announcements if letter else ())],
            )
        except AlreadyExists:
            raise LostRace from None


def _act(made: Invitation) -> str:
    if made.sent is not None:
        return "send_family_invitation" if made.family else "send_invitation"
    return "invite_family" if made.family else "invite_patient"


def _check(asked: InvitationAsked) -> None:
    if asked.lasts_days is not None and not 1 <= asked.lasts_days <= LASTS_AT_MOST:
        raise Nonsense(("lasts_days", f"must be 1 to {LASTS_AT_MOST}"))
    if asked.why is not None and len(asked.why) > LONGEST_REASON:
        raise Nonsense(("why", f"longer than {LONGEST_REASON} characters"))
    if asked.family is not None and not (asked.why or "").strip():
        raise Nonsense(("why", "must say on what ground somebody else is let in"))
    if asked.family is not None and asked.another_login:
        raise Nonsense(("another_login", "is for the patient's own logins"))
