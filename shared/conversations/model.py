"""Who is talking to whom, and who owns the talk (D12, CV-1…CV-6, BH-1…BH-8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.kernel.identity import PatientId
from shared.kernel.refusals import Conflict, NotAllowed, NotFound, NotYetVisible, Throttled
from shared.kernel.sensitive import Sensitive

ClosureReason = Literal[
    "CustomerEndConversation",
    "AgentEndConversation",
    "BotEndConversation",
    "AgentClosed",
    "AutoClose",
    "CustomerDisconnect",
    "ForceClose",
]
"""Why a conversation ended, in the words of CV-14; the first that ended it is kept."""


@dataclass(frozen=True, slots=True)
class ConversationClosed:
    """Fact: a conversation is closed, once and for all. `survey_id` is asked afterwards, if anything is."""

    conversation_id: str
    patient_id: PatientId | None
    survey_id: str | None
    reason: ClosureReason
    version: int
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class LapseOffer:
    """Instruction to our own room, due when the offer ends: unless it was taken, offer it to others."""

    conversation_id: str
    round: int


@dataclass(frozen=True, slots=True)
class CloseIdleConversation:
    """Instruction to our own room: close it, if it has been idle ever since (CV-8).

    One that is in hand is looked at as it then stands: where nobody answers, it goes back to its queue.
    """

    conversation_id: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class RecordSatisfaction:
    """Instruction from surveys: what the patient said afterwards, from 1 to 5; the first word stands."""

    conversation_id: str
    invitation_id: str
    survey_id: str
    satisfaction: Sensitive[int]
    answered_at: datetime


class NoSuchConversation(NotFound):
    """There is no such conversation."""


class NotOfferedToYou(NotFound):
    """There is no such conversation, or it is not offered to you any more."""


class OfferOnItsWay(NotYetVisible):
    """The offer is on its way: ask again in a moment."""


class TooManyWait(Throttled):
    """Too many visitors are waiting: come again in a few minutes, or sign in."""


class NotYourConversation(NotAllowed):
    """Somebody else has this conversation in hand."""


class ChatNotOpen(Conflict):
    """Chat is not open."""


class NotPossibleNow(Conflict):
    """The state that the conversation is in does not allow it."""


class ConversationIsOver(Conflict):
    """The conversation has ended."""


class SaidOtherwise(Conflict):
    """Something else was said under this Idempotency-Key before."""


class BotNoLongerOwnsIt(Conflict):
    """A bot speaks only while it owns the conversation."""
