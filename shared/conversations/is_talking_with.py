"""Does this representative have the patient's conversation in hand?"""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.documents import conversation_at
from shared.conversations.generate_chat_token import CURRENT, CurrentChat
from shared.conversations.model import NoSuchConversation
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.documents import patient_partition
from shared.routing.representatives import representative_id


@dataclass(frozen=True, slots=True)
class IsTalkingWith:
    """Says so of the patient's current conversation, while it is the caller's or offered to them."""

    documents: Documents

    def __call__(self, *, caller: Caller, patient_id: PatientId, now: datetime) -> bool:
        chat = self.documents.look(patient_partition(patient_id), CURRENT, CurrentChat)
        if chat is None:
            return False
        try:
            talk = conversation_at(self.documents, chat.body.conversation_id).body
        except NoSuchConversation:  # a token was given, and nothing said yet
            return False
        own = representative_id(caller)
        owns = talk.owner.kind == "representative" and talk.owner.id == own
        return talk.patient_id == patient_id and not talk.is_closed and (owns or talk.is_offered_to(own, now))
