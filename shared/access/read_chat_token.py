"""From a conversation's token to whoever holds it."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import ChatVisitor
from shared.access.ports import SealBroken, SealPurpose, Seals
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class ReadChatToken:
    """Says which conversation a token opens, and whose it is; `now` is machine time (D14)."""

    seals: Seals

    def __call__(self, token: str, *, now: datetime) -> ChatVisitor:
        """Give who it is, or raise `SealBroken`."""
        told = self.seals.unseal(SealPurpose.CONVERSATION, token, now=now)
        try:
            patient = told["patient"]
            return ChatVisitor(told["conversation"], PatientId(patient) if patient else None, told["user"])
        except KeyError:
            raise SealBroken from None
