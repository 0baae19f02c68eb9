"""Who is talking, for a member of staff who has no part in it?"""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.conversations.conversation import may_read, takes_part
from shared.conversations.documents import conversation_at
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class FindPatientOfConversation:
    """Gives the patient to whom the caller needs a tie to look at a conversation (decision 41).

    Nobody for whoever has or had it in hand or is offered it, nor of a visitor who has not said who they are.
    To whom it is not there at all, the act says so.
    """

    documents: Documents

    def __call__(self, conversation_id: str, *, caller: Caller, now: datetime) -> PatientId | None:
        """Give them, or raise `NoSuchConversation`."""
        talk = conversation_at(self.documents, conversation_id).body
        watches = may_read(talk, caller, now) and not takes_part(talk, caller, now)
        return talk.patient_id if watches else None
