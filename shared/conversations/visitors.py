"""The tokens that open one conversation each (D12, D13)."""

from datetime import datetime, timedelta

from shared.access.model import ChatVisitor
from shared.access.ports import SealPurpose, Seals
from shared.kernel.identity import PatientId, derived

LASTS = timedelta(minutes=30)
"""Machine time, as with Direct Line; refreshed while it is good."""


def visitor_to(conversation_id: str, patient_id: PatientId | None) -> ChatVisitor:
    """Name the one who will talk there: not by who they are, since others read it."""
    return ChatVisitor(conversation_id, patient_id, f"dl_{derived('visitor', conversation_id)[:24]}")


def token_for(seals: Seals, visitor: ChatVisitor, *, real: datetime) -> str:
    """Seal a token; `real` is machine time (D14)."""
    told = {
        "conversation": visitor.conversation_id,
        "patient": visitor.patient_id or "",
        "user": visitor.user_id,
    }
    return seals.seal(SealPurpose.CONVERSATION, told, expires_at=real + LASTS)
