"""What a patient sees first when they come in (PA-3)."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Document, Documents
from shared.kernel.identity import PatientId
from shared.patients.documents import patient_partition
from shared.patients.views import Shown, UpcomingVisit

SEEN = "seen~messages"
MOST_MESSAGES = 5
MOST_VISITS = 5
MOST_MEDICATIONS = 20


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """One message that went out to the patient."""

    message_id: str
    channel: str
    because: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HomeFeed:
    """Messages that came since the patient last looked, appointments to come, and medications in use."""

    unread: int
    messages: tuple[InboxMessage, ...]
    upcoming: tuple[UpcomingVisit, ...]
    medications: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """Until when a patient has seen their messages."""

    at: datetime


def seen_by(documents: Documents, patient_id: PatientId) -> Document[Seen] | None:
    """Give until when the patient has seen their messages, or None while they never looked."""
    return documents.look(patient_partition(patient_id), SEEN, Seen)
