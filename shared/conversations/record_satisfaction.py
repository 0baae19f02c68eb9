"""The patient has said how satisfied they are (SU-7)."""

from dataclasses import dataclass, replace

from shared.conversations.documents import committed, conversation_at, next_of
from shared.conversations.model import RecordSatisfaction
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense


@dataclass(frozen=True, slots=True)
class KeepSatisfaction:
    """Keeps it with the conversation; the first word stands, however often others come."""

    documents: Documents

    def __call__(self, told: RecordSatisfaction) -> None:
        """Keep it, or raise `Nonsense` where it is not from 1 to 5."""
        if not 1 <= told.satisfaction.value <= 5:
            raise Nonsense(("satisfaction", "must be 1 to 5"))
        found = conversation_at(self.documents, told.conversation_id)
        if found.body.satisfaction is not None:
            return
        rated = replace(found.body, satisfaction=told.satisfaction)
        committed(self.documents, found, next_of(found).standing(rated))
