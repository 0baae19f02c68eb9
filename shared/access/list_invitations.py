"""Show staff the ways into a patient's record: who was invited, whose logins, and who of the family."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.access.documents import portal_of
from shared.access.follow_merges import MOST_MERGES
from shared.access.in_fhir import replaced_by
from shared.access.portal_access import FamilyGrant, FamilyTerms, Invitation, InvitationState, PortalAccess
from shared.access.ports import InvitationPost
from shared.fhir.ports import ClinicalRecord, SearchParameters
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive

MOST_LINKED = "100"
StateShown = Literal["open", "redeemed", "revoked", "blocked", "expired"]


@dataclass(frozen=True, slots=True)
class SendingShown:
    """What became of an invitation's letter, and where it went, masked.

    The state is the message's; None where it has been forgotten.
    """

    message_id: str
    channel: str
    contact: str
    state: str | None
    reason: str | None
    at: datetime | None
    masked: Sensitive[str] | None


@dataclass(frozen=True, slots=True)
class InvitationShown:
    """An invitation, without its code: that is not known here."""

    invitation_id: str
    state: StateShown
    made_by: str
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    asks_birth_date: bool
    wrong_dates: int
    another_login: bool
    family: FamilyTerms | None
    why: str | None
    sending: SendingShown | None


@dataclass(frozen=True, slots=True)
class LoginShown:
    """A login that is the patient's own."""

    login_id: str
    issuer: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class GrantShown:
    """Somebody's login that may act for the patient, for as long as its terms hold."""

    grant_id: str
    terms: FamilyTerms
    given_by: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class WaysIn:
    """All of them: few enough for one page. Invitations stand newest first; the oldest are forgotten.

    `by_merge` are records that this one stands in place of: their logins come in here too, and are shown, and
    taken out, there.
    """

    invitations: tuple[InvitationShown, ...]
    logins: tuple[LoginShown, ...]
    family: tuple[GrantShown, ...]
    by_merge: tuple[PatientId, ...]


@dataclass(frozen=True, slots=True)
class ListInvitations:
    """Show them as they stand now."""

    documents: Documents
    record: ClinicalRecord
    post: InvitationPost

    def __call__(self, *, patient_id: PatientId, now: datetime) -> WaysIn:
        found = portal_of(self.documents, patient_id)
        access = found.body if found else PortalAccess()
        return WaysIn(
            tuple(_shown(one, self._sending(one, patient_id), now) for one in reversed(access.invitations)),
            tuple(LoginShown(one.id, one.issuer, one.linked_at) for one in access.logins),
            tuple(map(_grant_shown, access.family)),
            tuple(sorted(self._leading_to(patient_id))),
        )

    def _sending(self, one: Invitation, patient_id: PatientId) -> SendingShown | None:
        sent = one.sent
        if sent is None:
            return None
        fate = self.post.fate(patient_id, sent.message_id)
        told = (fate.state, fate.reason, fate.at, fate.masked) if fate else (None, None, None, None)
        return SendingShown(sent.message_id, sent.channel, sent.contact, *told)

    def _leading_to(self, patient_id: PatientId) -> set[PatientId]:
        """Name the records from which links lead to this one, at once or by way of others."""
        found, looking = set[PatientId](), {patient_id}
        for _ in range(MOST_MERGES):
            looking = {one for each in looking for one in self._replaced(each)} - found - {patient_id}
            found |= looking
        return found

    def _replaced(self, patient_id: PatientId) -> set[PatientId]:
        asked = SearchParameters((("link", f"Patient/{patient_id}"), ("_count", MOST_LINKED)))
        matches = self.record.search("Patient", asked).matches
        return {PatientId(str(one["id"])) for one in matches if replaced_by(one) == patient_id}


def _grant_shown(grant: FamilyGrant) -> GrantShown:
    return GrantShown(grant.id, grant.terms, grant.given_by, grant.given_at)


def _shown(one: Invitation, sending: SendingShown | None, now: datetime) -> InvitationShown:
    is_expired = one.state is InvitationState.OPEN and not one.is_open(now)
    return InvitationShown(
        one.id,
        "expired" if is_expired else one.state.value,
        one.made_by,
        one.made_at,
        one.expires_at,
        one.ended_at,
        one.asks_birth_date,
        one.wrong_dates,
        one.another_login,
        one.family,
        one.why,
        sending,
    )
