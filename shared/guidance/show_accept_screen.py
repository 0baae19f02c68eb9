"""Show a representative all that helps to take a conversation on, in one answer (WS-1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller, may
from shared.appointments.list_appointments import ListAppointments, WhichAppointments
from shared.conversations.conversation import SUPERVISORS
from shared.conversations.conversation_shown import ActivityShown, ConversationShown
from shared.conversations.lifecycle import State
from shared.conversations.model import NoSuchConversation
from shared.conversations.read_conversation import ReadConversation
from shared.conversations.read_transcript import MOST, ReadTranscript, WhichWords
from shared.guidance.patient_frame import AdministrativeFrame, frame_of
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.kernel.sensitive import Sensitive
from shared.patients.read_profile import ReadProfile
from shared.routing.representatives import representative_id

LONGEST_TRANSCRIPT = 1000
"""Of a longer talk the end is shown; whoever wants its beginning asks for the transcript."""


@dataclass(frozen=True, slots=True)
class AcceptScreen:
    """Who is asking, what was said, what the bot has learned, and since when they have been waiting.

    `patient` is None for a visitor who has not signed in, and for one who is gone from the record. The
    transcript holds what the patient is not shown too; `left_out` is how much was said before it begins.
    """

    conversation_id: str
    state: State
    queue_id: str | None
    waiting_since: datetime | None
    offered_until: datetime | None
    started_at: datetime
    owner_name: str | None
    patient_id: PatientId | None
    patient: AdministrativeFrame | None
    context: Sensitive[Mapping[str, str | int]]
    summary: Sensitive[str] | None
    transcript: tuple[ActivityShown, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class ShowAcceptScreen:
    """Gives it to the representative who owns the conversation or is offered it, and to supervisors.

    To anybody else it is not there, nor to whoever had it in hand once: what it shows of the patient is for
    the work at hand.
    """

    read_conversation: ReadConversation
    read_transcript: ReadTranscript
    read_profile: ReadProfile
    list_appointments: ListAppointments

    def __call__(self, *, conversation_id: str, caller: Caller, now: datetime) -> AcceptScreen:
        """Show it, or raise `NoSuchConversation`."""
        found = self.read_conversation(conversation_id=conversation_id, caller=caller, now=now)
        if not _is_at_work_on(found, caller, now):
            raise NoSuchConversation
        row, left_out = found.conversation, max(0, found.activities - LONGEST_TRANSCRIPT)
        return AcceptScreen(
            conversation_id=conversation_id,
            state=row.state,
            queue_id=row.queue_id,
            waiting_since=row.waiting_since,
            offered_until=found.offered_until,
            started_at=row.started_at,
            owner_name=row.owner_name,
            patient_id=found.patient_id,
            patient=self._frame(found.patient_id, caller, now),
            context=found.context,
            summary=found.summary,
            transcript=self._said(conversation_id, left_out, caller, now),
            left_out=left_out,
        )

    def _frame(
        self, patient_id: PatientId | None, caller: Caller, now: datetime
    ) -> AdministrativeFrame | None:
        if patient_id is None:
            return None
        try:
            profile = self.read_profile(patient_id)
        except NotFound:
            return None
        which = WhichAppointments(limit=100)
        found = self.list_appointments(which, patient_id=patient_id, caller=caller, now=now)
        return frame_of(profile, found.appointments, now)

    def _said(
        self, conversation_id: str, left_out: int, caller: Caller, now: datetime
    ) -> tuple[ActivityShown, ...]:
        said: list[ActivityShown] = []
        after = left_out
        while len(said) < LONGEST_TRANSCRIPT:
            which = WhichWords(after=after)
            page = self.read_transcript(which, conversation_id=conversation_id, caller=caller, now=now)
            said += page.activities
            if len(page.activities) < MOST:
                break
            after = page.next
        return tuple(said)


def _is_at_work_on(found: ConversationShown, caller: Caller, now: datetime) -> bool:
    row, own = found.conversation, representative_id(caller)
    owns = row.owner_kind == "representative" and row.owner_id == own
    is_offered = row.offered_to == own and found.offered_until is not None and now < found.offered_until
    return owns or is_offered or may(caller, *SUPERVISORS)
