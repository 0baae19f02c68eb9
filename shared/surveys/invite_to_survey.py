"""Ask a patient how the conversation was (SU-4, SU-6)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.access.ports import SealPurpose, Seals
from shared.conversations.model import ConversationClosed
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Document, Documents, announcing
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import AlreadyExists, LostRace, NotFound
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import SendMessage
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.patients.model import Profile
from shared.surveys.documents import (
    CURRENT,
    asked_before,
    bucket_partition,
    invitation_id,
    invitation_id_of,
    kept_asked,
    kept_tally,
    survey_partition,
    tally_at,
)
from shared.surveys.has_spoken import has_spoken
from shared.surveys.model import Asked, Invitation, Survey, Tally
from shared.surveys.tallies import with_failed, with_invited
from shared.surveys.translations import in_language

log = logging.getLogger(__name__)

LINK_OUTLASTS = timedelta(days=400)
"""How much longer than its invitation a link is good: until then its page can say that it is too late."""


@dataclass(frozen=True, slots=True)
class InviteToSurvey:
    """Makes one invitation per conversation and survey, asks for its message, and counts it, in one commit.

    Asked is only who has said something, and nobody again within the survey's `again_after_days`: when they
    last were lies beside the invitation and is written with it, so that of two conversations that close at
    once one is asked about.

    Whether it may be sent is the gate's business; here only a channel is chosen on which there is an address.
    Where there is none, that is kept as a failed invitation. `address` is where our pages are served.
    """

    documents: Documents
    profiles: Callable[[PatientId], Profile]
    seals: Seals
    address: str
    features: LiveFeatures

    def __call__(self, closed: ConversationClosed, *, now: datetime) -> None:
        """Invite, unless that has been done, nobody is known or has spoken, or nothing is to be asked.

        While surveys are switched off nobody is, also not later (OP-3).
        """
        if not self.features.has(Feature.SURVEYS):
            _not_due(closed, "surveys are off")
            return
        survey = self._live(closed.survey_id)
        if survey is None or closed.patient_id is None:
            _not_due(closed, "nobody to ask, or nothing")
            return
        named = invitation_id_of(survey.id, closed.conversation_id, closed.patient_id)
        partition = bucket_partition(survey.id, named)
        if self.documents.look(partition, invitation_id(named), Invitation) is not None:
            return
        asked = asked_before(self.documents, partition, closed.patient_id)
        if asked is not None and now < asked.body.at + timedelta(days=survey.again_after_days):
            _not_due(closed, "asked lately")
        elif not has_spoken(self.documents, closed.conversation_id):
            _not_due(closed, "not a word said")
        else:
            invitation = self._invitation(named, survey, closed, closed.patient_id, now)
            self._keep(invitation, survey, partition, asked)

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
        invitation = replace(invitation, language=profile.language)
        channel = next((one for one in survey.channels if profile.preferred(one, now)), None)
        if channel is None:
            return replace(invitation, state="failed", why_failed="no_address")
        return replace(invitation, channel=channel, message_id=derived("survey invitation message", named))

    def _keep(
        self, invitation: Invitation, survey: Survey, partition: str, asked: Document[Asked] | None
    ) -> None:
        """Write it, with its message and its count. Raises `LostRace` where somebody else was quicker."""
        create = Create(invitation_id(invitation.id), invitation)
        before = tally_at(self.documents, partition)
        count = with_failed if invitation.state == "failed" else with_invited
        changes = [create, kept_tally(before, count(before.body if before else Tally()))]
        if invitation.message_id is not None:
            changes.append(kept_asked(asked, invitation))
        try:
            self.documents.commit(
                partition,
                changes=changes,
                announcements=self._asked_for(invitation, survey, create),
            )
        except AlreadyExists:
            raise LostRace from None

    def _asked_for(self, invitation: Invitation, survey: Survey, create: Create) -> list[Announcement]:
        if invitation.message_id is None or invitation.channel is None:
            return []
        title = in_language(survey, invitation.language).title
        message = SendMessage(
            message_id=invitation.message_id,
            patient_id=invitation.patient_id,
            channel=invitation.channel,
            template_id=survey.template_id,
            because=f"survey~{survey.id}~{invitation.id}",
            values=Sensitive({"survey_url": self._link(invitation), "title": title}),
            expires_at=invitation.expires_at,
        )
        return [announcing(message, of=create, named=invitation.message_id)]

    def _link(self, invitation: Invitation) -> str:
        """Give where it is answered. The link says whose invitation it is by our own ids only (D17)."""
        told = {"s": invitation.survey_id, "i": invitation.id}
        until = invitation.expires_at + LINK_OUTLASTS
        return f"{self.address.rstrip('/')}/s/{self.seals.seal(SealPurpose.SURVEY, told, expires_at=until)}"


def _not_due(closed: ConversationClosed, why: str) -> None:
    told = {"conversation": closed.conversation_id, "survey": closed.survey_id or "", "why": why}
    log.info("surveys.invitation.not_due", extra=told)
