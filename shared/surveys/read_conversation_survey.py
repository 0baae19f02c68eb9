"""What was said afterwards about one conversation?"""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.kernel.sensitive import Sensitive
from shared.messaging.documents import message_at
from shared.messaging.model import Message
from shared.surveys.documents import ASKED_ABOUT, response_of
from shared.surveys.invitation_moved import InvitationMoved, WhyNot, moved
from shared.surveys.model import Answer, Invitation, NoSuchInvitation, Response


@dataclass(frozen=True, slots=True)
class ConversationSurvey:
    """How the asking went, as far as is known by now, and what was answered."""

    conversation_id: str
    patient_id: PatientId
    survey_id: str
    survey_version: int
    state: InvitationMoved
    why_failed: WhyNot | None
    invited_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    satisfaction: Sensitive[int | None]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class ReadConversationSurvey:
    """Gives the survey that followed a conversation, for those who supervise; of several, the latest."""

    documents: Documents

    def __call__(self, *, conversation_id: str) -> ConversationSurvey:
        """Give it, or raise `NoSuchInvitation`."""
        page = self.documents.find(ASKED_ABOUT, Invitation, equal_to=conversation_id)
        latest = max((found.body for found in page.items), key=lambda one: one.made_at, default=None)
        if latest is None:
            raise NoSuchInvitation
        return _shown(latest, response_of(self.documents, latest), *moved(latest, self._message(latest)))

    def _message(self, invitation: Invitation) -> Message | None:
        """Give its message, if it has one and messaging has taken it in by now."""
        if invitation.message_id is None:
            return None
        try:
            return message_at(self.documents, invitation.patient_id, invitation.message_id).body
        except NotFound:
            return None


def _shown(
    invitation: Invitation, response: Response | None, state: InvitationMoved, why_failed: WhyNot | None
) -> ConversationSurvey:
    return ConversationSurvey(
        conversation_id=invitation.conversation_id,
        patient_id=invitation.patient_id,
        survey_id=invitation.survey_id,
        survey_version=invitation.survey_version,
        state=state,
        why_failed=why_failed,
        invited_at=invitation.made_at,
        expires_at=invitation.expires_at,
        answered_at=invitation.responded_at,
        satisfaction=Sensitive(response.satisfaction.value if response else None),
        answers=response.answers if response else (),
    )
