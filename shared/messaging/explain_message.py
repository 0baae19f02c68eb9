"""Explain why a person did, or did not, get a message."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.messaging.decision import Decision
from shared.messaging.documents import decision_id, message_at
from shared.messaging.message_view import WhyMessage, why
from shared.patients.contact_keys import contact_partition


@dataclass(frozen=True, slots=True)
class ExplainMessage:
    """Give every check's verdict and every attempt; no address, and nothing of what was written."""

    documents: Documents

    def __call__(self, *, patient_id: PatientId, message_id: str) -> WhyMessage:
        message = message_at(self.documents, patient_id, message_id).body
        if message.contact is None:
            return why(message, None)
        decision = self.documents.look(contact_partition(message.contact), decision_id(message_id), Decision)
        return why(message, decision.body if decision else None)
