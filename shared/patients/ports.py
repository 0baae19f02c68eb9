"""What room patients asks of rooms above it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.access.model import Caller
from shared.kernel.identity import PatientId
from shared.patients.home import InboxMessage
from shared.patients.refreshes import StageStep


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


class Stage(Protocol):
    """One stage of a refresh. Done again from the same mark it does no harm."""

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:
        """Do a bounded part of it, from a former mark or from the beginning.

        Raises `TransientFault` for what may yet succeed and a `Refusal` for what will not.
        """
        ...
