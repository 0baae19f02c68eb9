"""Send an invitation to a contact point of the record: its code is seen by nobody else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.access.count_sendings import CountSendings
from shared.access.documents import portal_of
from shared.access.family_terms import FamilyAsked
from shared.access.make_invitation import InvitationAsked, MakeInvitation
from shared.access.model import Caller
from shared.access.portal_access import Invitation, PortalAccess
from shared.access.ports import InvitationPost, Letter
from shared.fhir.ports import Resource
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import Throttled
from shared.kernel.sensitive import Sensitive

A_DAY = timedelta(days=1)
MOST_A_DAY = 5
"""Letters with a code about one record in 24 hours, whoever sends them and wherever to."""


class TooManySent(Throttled):
    """Too many invitations have been sent about this record today; hand one over, or try tomorrow."""


@dataclass(frozen=True, slots=True)
class SendingAsked:
    """To which contact point of the record, by its keyed name; what else it says, `InvitationAsked` tells.

    With `family` it goes to the RelatedPerson who is let in, at one of their own.
    """

    contact: str
    lasts_days: int | None = None
    another_login: bool = False
    family: FamilyAsked | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class InvitationSent:
    """That it is on its way, and by which message; what becomes of that stands with the invitations."""

    invitation_id: str
    message_id: str
    contact: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SendInvitation:
    """Make an invitation and have it sent, in one commit; asked again under one id, it is one (PA-1, PA-9).

    The code goes through the gate as any message does and is spelt for its provider alone. Sent anew, the
    former code opens nothing, and where its letter has not gone yet, it does not go. A letter can be read by
    whoever has the mailbox, so the date of birth is always asked for.
    """

    make: MakeInvitation
    post: InvitationPost
    count: CountSendings

    def __call__(
        self, asked: SendingAsked, *, patient_id: PatientId, request_id: str, caller: Caller, now: datetime
    ) -> InvitationSent:
        """Send it. Raises what `MakeInvitation` and `InvitationPost` do, or `TooManySent`."""
        seed = Sensitive(derived("sent invitation", patient_id, request_id))
        code = self.make.codes.sent_by(seed)
        found = portal_of(self.make.documents, patient_id)
        access = found.body if found else PortalAccess()
        before = access.invitation(self.make.codes.name_of(code))
        if before is not None:
            return _sent(before)
        _check_how_many(access, now)
        self.count(caller, now=now)

        def letter(made: Invitation, patient: Resource) -> Letter:
            return self.post.letter(
                made,
                seed=seed,
                contact=asked.contact,
                patient_id=patient_id,
                person=self._person(made, patient),
                now=now,
            )

        wanted = InvitationAsked(True, asked.lasts_days, asked.another_login, asked.family, asked.why)  # noqa: FBT003  # the date of birth is asked for
        return _sent(self.make(wanted, code, patient_id=patient_id, caller=caller, now=now, sending=letter))

    def _person(self, made: Invitation, patient: Resource) -> Resource:
        if made.family is None:
            return patient
        return self.make.record.read("RelatedPerson", made.family.related_person_id)


def _check_how_many(access: PortalAccess, now: datetime) -> None:
    lately = [one.made_at for one in access.invitations if one.sent and now - A_DAY < one.made_at]
    if len(lately) >= MOST_A_DAY:
        raise TooManySent(retry_after=min(lately) + A_DAY - now)


def _sent(made: Invitation) -> InvitationSent:
    if made.sent is None:
        raise AssertionError("made by a seed and not sent")  # noqa: EM101, TRY003  # a bug: only letters have seeds
    return InvitationSent(made.id, made.sent.message_id, made.sent.contact, made.expires_at)
