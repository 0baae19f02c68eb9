"""A patient who has signed in wants to talk."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.ports import Seals
from shared.conversations.direct_line import TokenGiven
from shared.conversations.documents import conversation_at
from shared.conversations.model import NoSuchConversation
from shared.conversations.visitors import LASTS, token_for, visitor_to
from shared.kernel.documents import Create, Document, Documents, replacing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.patients.documents import patient_partition

CURRENT = "chat~current"


@dataclass(frozen=True, slots=True)
class CurrentChat:
    """Which conversation is the patient's own, and the how manieth it is."""

    conversation_id: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class GenerateChatToken:
    """Gives a token for the conversation the patient is in, or for a new one once that is over (CV-1).

    It is over for the patient while the representative still wraps it up, which goes on beside the new one.
    While chat is switched off there is no new one: `FeatureIsOff` (OP-3).

    `conversation_id` is the id of a new one: asked for twice at once, one of them stands.
    """

    documents: Documents
    seals: Seals
    features: LiveFeatures

    def __call__(
        self,
        *,
        patient_id: PatientId,
        conversation_id: str,
        real: datetime,
    ) -> TokenGiven:
        before = self.documents.look(patient_partition(patient_id), CURRENT, CurrentChat)
        goes_on = before is not None and not self._is_over(before.body.conversation_id)
        current = before.body.conversation_id if before and goes_on else conversation_id
        if not goes_on:
            self.features.require(Feature.CHAT)
            self._remember(patient_id, before, conversation_id)
        token = token_for(self.seals, visitor_to(current, patient_id), real=real)
        return TokenGiven(current, token, int(LASTS.total_seconds()), isNew=not goes_on)

    def _is_over(self, conversation_id: str) -> bool:
        """Say whether nothing more can be said there; one that was never opened is not over."""
        try:
            return conversation_at(self.documents, conversation_id).body.is_over
        except NoSuchConversation:
            return False

    def _remember(
        self, patient_id: PatientId, before: Document[CurrentChat] | None, conversation_id: str
    ) -> None:
        chat = CurrentChat(conversation_id, before.body.ordinal + 1 if before else 1)
        change = replacing(before, chat) if before else Create(CURRENT, chat)
        try:
            self.documents.commit(patient_partition(patient_id), changes=[change])
        except AlreadyExists:
            raise LostRace from None
