"""Put what our own flows did into the patient's timeline (UN-13)."""

from dataclasses import dataclass
from datetime import datetime

from shared.activities.activity_types import ActivityType
from shared.activities.house_types import APPOINTMENTS, CONVERSATIONS, SURVEYS
from shared.activities.model import Happening
from shared.activities.retelling import retold
from shared.appointments.model import AppointmentChanged
from shared.conversations.model import ConversationClosed
from shared.kernel.documents import Documents
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.patients.documents import patient_partition
from shared.surveys.model import SurveyAnswered

OwnFact = ConversationClosed | AppointmentChanged | SurveyAnswered


@dataclass(frozen=True, slots=True)
class NoteOwnActivity:
    """Notes a closed conversation, an answered survey, or what became of an appointment, each once.

    Told again, it changes nothing. A conversation with nobody we know is in nobody's timeline.
    """

    documents: Documents

    def __call__(self, fact: OwnFact, *, now: datetime) -> None:
        of, happening = _read(fact)
        if happening is None:
            return
        changes = retold(self.documents, happening, of, now=now).changes
        if not changes:
            return
        try:
            self.documents.commit(patient_partition(happening.patient_id), changes=changes)
        except AlreadyExists:
            raise LostRace from None


def _read(fact: OwnFact) -> tuple[ActivityType, Happening | None]:
    if isinstance(fact, AppointmentChanged):
        key = f"{fact.appointment_id}~{fact.change}"
        at, event = fact.changed_at, fact.happened
        return APPOINTMENTS, Happening(key, fact.patient_id, at, at, event)
    if isinstance(fact, SurveyAnswered):
        key, at = f"{fact.invitation_id}~answered", fact.answered_at
        about = f"survey/{fact.survey_id}"
        return SURVEYS, Happening(key, fact.patient_id, at, at, "answered", about=about)
    if fact.patient_id is None:
        return CONVERSATIONS, None
    at = fact.closed_at
    return CONVERSATIONS, Happening(fact.conversation_id, fact.patient_id, at, at, fact.reason)
