"""Ask a patient how the conversation was (SU-4, SU-6)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.access.ports import SealPurpose, Seals
from shared.conversations.model import ConversationClosed
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Documents, announcing
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import AlreadyExists, LostRace, NotFound
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import SendMessage
from shared.patients.model import Profile
from shared.surveys.documents import (
    CURRENT,
    bucket_partition,
    invitation_id,
    invitation_id_of,
    kept_tally,
    survey_partition,
    tally_at,
)
from shared.surveys.model import Invitation, Survey, Tally
from shared.surveys.tallies import with_failed, with_invited

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InviteToSurvey:
    """Makes one invitation per conversation and survey, asks for its message, and counts it, in one commit.

    Whether it may be sent is the gate's business; here only a channel is chosen on which there is an address.
    Where there is none, that is kept as a failed invitation. `address` is where our pages are served.
    """

    documents: Documents
    profiles: Callable[[PatientId], Profile]
    seals: Seals
    address: str

    def __call__(self, closed: ConversationClosed, *, now: datetime) -> None:
        """Invite, unless that has been done, nobody is known, or the survey is not live."""
        survey = self._live(closed.survey_id)
        if survey is None or closed.patient_id is None:
            told = {"conversation": closed.conversation_id, "survey": closed.survey_id or ""}
            log.info("surveys.invitation.not_due", extra=told)
            return
        named = invitation_id_of(survey.id, closed.conversation_id)
        partition = bucket_partition(survey.id, named)
        if self.documents.look(partition, invitation_id(named), Invitation) is None:
            self._keep(self._invitation(named, survey, closed, closed.patient_id, now), survey, partition)

    def _live(self, survey_id: str | None) -> Survey | None:
        if survey_id is None:
            return None
        found = self.documents.look(survey_partition(survey_id), CURRENT, Survey)
        return found.body if found and found.body.state == "live" else None

    def _invitation(
        self, named: str, survey: Survey, closed: ConversationClosed, patient_id: PatientId, now: datetime
    ) -> Invitation:
        invitation = Invitation(
            id=named,
            survey_id=survey.id,
            survey_version=survey.version,
            conversation_id=closed.conversation_id,
            patient_id=patient_id,
            state="queued",
            made_at=now,
            expires_at=now + timedelta(days=survey.valid_days),
        )
        try:
            profile = self.profiles(patient_id)
        except NotFound:
            return replace(invitation, state="failed", why_failed="patient_gone")
        channel = next((one for one in survey.channels if profile.preferred(one, now)), None)
        if channel is None:
            return replace(invitation, state="failed", why_failed="no_address")
        return replace(invitation, channel=channel, message_id=derived("survey invitation message", named))

    def _keep(self, invitation: Invitation, survey: Survey, partition: str) -> None:
        """Write it, with its message and its count. Raises `LostRace` where somebody else was quicker."""
        create = Create(invitation_id(invitation.id), invitation)
        before = tally_at(self.documents, partition)
        count = with_failed if invitation.state == "failed" else with_invited
        tally = count(before.body if before else Tally())
        try:
            self.documents.commit(
                partition,
                changes=[create, kept_tally(before, tally)],
                announcements=self._asked_for(invitation, survey, create),
            )
        except AlreadyExists:
            raise LostRace from None

    def _asked_for(self, invitation: Invitation, survey: Survey, create: Create) -> list[Announcement]:
        if invitation.message_id is None or invitation.channel is None:
            return []
        message = SendMessage(
            message_id=invitation.message_id,
            patient_id=invitation.patient_id,
            channel=invitation.channel,
            template_id=survey.template_id,
            because=f"survey~{survey.id}~{invitation.id}",
            values=Sensitive({"survey_url": self._link(invitation), "title": survey.title}),
            expires_at=invitation.expires_at,
        )
        return [announcing(message, of=create, named=invitation.message_id)]

    def _link(self, invitation: Invitation) -> str:
        """Give where it is answered. The link says whose invitation it is by our own ids only (D17)."""
        told = {"s": invitation.survey_id, "i": invitation.id}
        sealed = self.seals.seal(SealPurpose.SURVEY, told, expires_at=invitation.expires_at)
        return f"{self.address.rstrip('/')}/s/{sealed}"
