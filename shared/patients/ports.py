"""What room patients asks of rooms above it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.access.model import Caller
from shared.kernel.identity import PatientId
from shared.patients.home import InboxMessage


class IsTalkingWith(Protocol):
    """Knows who is in a conversation with whom."""

    def __call__(self, *, caller: Caller, patient_id: PatientId, now: datetime) -> bool:
        """Say whether the caller has a conversation of this patient in hand, or is offered it."""
        ...


class Inbox(Protocol):
    """Knows what a patient was sent."""

    def __call__(self, patient_id: PatientId) -> Sequence[InboxMessage]:
        """Give what went out to the patient, latest first; not more than some hundred."""
        ...
