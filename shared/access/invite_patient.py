"""Invite a patient, or somebody of the family, to the portal."""

import logging
from dataclasses import dataclass
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
from shared.audit.announced import audited
from shared.audit.model import Action
from shared.fhir.ports import ClinicalRecord
from shared.kernel.documents import Documents
from shared.kernel.identity import IdSource, PatientId
from shared.kernel.refusals import AlreadyExists, LostRace, Nonsense, Refusal
from shared.kernel.sensitive import Sensitive

log = logging.getLogger(__name__)

LASTS_AT_MOST = 90
LONGEST_REASON = 500


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
class InvitationMade:
    """The code, told this once: nobody can find it again."""

    invitation_id: str
    code: Sensitive[str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InvitePatient:
    """Make an invitation, audited; those still open for the same person open nothing any more (PA-1, PA-9).

    What is kept is a keyed hash of the code. Whoever asks twice, having heard no answer, has the second code.
    """

    documents: Documents
    record: ClinicalRecord
    codes: InvitationCodes
    ids: IdSource
    terms: Terms
    lasts: timedelta

    def __call__(
        self, asked: InvitationAsked, *, patient_id: PatientId, caller: Caller, now: datetime
    ) -> InvitationMade:
        _check(asked)
        patient = self.record.read("Patient", patient_id)
        if not can_be_invited(patient):
            raise CannotBeInvited
        if asked.asks_birth_date and birth_date_of(patient) is None:
            raise BirthDateUnknown
        code = self.codes.made_of(self.ids.new())
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
        self._keep(made, patient_id, caller, now)
        log.info("access.invitation.made", extra={"invitation": made.id, "family": made.family is not None})
        return InvitationMade(made.id, code, made.expires_at)

    def _keep(self, made: Invitation, patient_id: PatientId, caller: Caller, now: datetime) -> None:
        """Keep where the code leads first: without the invitation itself it opens nothing."""
        found = portal_of(self.documents, patient_id)
        write = keeping(found, (found.body if found else PortalAccess()).inviting(made))
        told = audited(
            write,
            what="invite_family" if made.family else "invite_patient",
            subject=f"invitation~{made.id}",
            who=caller.who,
            now=now,
            patient_id=patient_id,
            why=made.why,
            entry_id=f"invite_patient~{patient_id}~{write.version}",
            action=Action.CREATE,
        )
        self.documents.commit(invitation_partition(made.id), changes=[pointing(made, patient_id)])
        try:
            self.documents.commit(portal_partition(patient_id), changes=[write], announcements=[told])
        except AlreadyExists:
            raise LostRace from None


def _check(asked: InvitationAsked) -> None:
    if asked.lasts_days is not None and not 1 <= asked.lasts_days <= LASTS_AT_MOST:
        raise Nonsense(("lasts_days", f"must be 1 to {LASTS_AT_MOST}"))
    if asked.why is not None and len(asked.why) > LONGEST_REASON:
        raise Nonsense(("why", f"longer than {LONGEST_REASON} characters"))
    if asked.family is not None and not (asked.why or "").strip():
        raise Nonsense(("why", "must say on what ground somebody else is let in"))
    if asked.family is not None and asked.another_login:
        raise Nonsense(("another_login", "is for the patient's own logins"))
