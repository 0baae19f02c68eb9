"""Show one message."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.messaging.documents import message_at
from shared.messaging.message_view import MessageView, view_of


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """Give what became of one message to this patient. Another patient's is `NotFound` too."""

    documents: Documents

    def __call__(self, *, patient_id: PatientId, message_id: str) -> MessageView:
        return view_of(message_at(self.documents, patient_id, message_id).body)
