"""How a conversation ends, who is told, and what is left to do (CV-6, CV-8, CV-14). Pure."""

from dataclasses import replace
from datetime import datetime

from shared.conversations.activities import SYSTEM, Words, told
from shared.conversations.conversation import NOBODY, Conversation, moved
from shared.conversations.decision import Decision, Told
from shared.conversations.handing_over import settle_capacity, settle_work, without_offer
from shared.conversations.lifecycle import WAITING, WRAP_UP, Event
from shared.conversations.model import ClosureReason, ConversationClosed
from shared.kernel.identity import derived
from shared.kernel.sensitive import Sensitive
from shared.tasks.model import CreateTask

HAS_ENDED = "This conversation has ended."
NOBODY_CAME = "We are sorry that nobody was free to talk to you. This conversation has ended."
CALL_BACK = "The patient waited in chat and nobody was free to answer. Please call them back."
CALL_BACK_OPEN = "The patient asked for a person in chat while we were closed. Please call them back."
TOO_LONG = "This conversation has become too long to go on. Please begin a new one: we are there for you."
MOST_ACTIVITIES = 5000
"""Beyond it a talk is ended, so that no transcript grows without end; the longest of talks has hundreds."""


def ended(decision: Decision, event: Event, reason: ClosureReason, now: datetime) -> Decision:
    """Let the talk be over, while the representative still has it in hand to wrap up."""
    wrapping_up = replace(moved(decision.conversation, event, now), closure_reason=reason)
    return _said(decision.standing(wrapping_up), HAS_ENDED, now)


def closed(decision: Decision, event: Event, reason: ClosureReason, now: datetime) -> Decision:
    """Close it once and for all; whoever waited for it or had it in hand is told.

    The reason of an earlier end is kept, and whoever waited in vain is called back, where we know who it is.
    Out of hours that is also who did not stay: they have been told that they would be.
    """
    before = decision.conversation
    shut = replace(
        without_offer(moved(before, event, now, to=NOBODY)),
        closed_at=now,
        closure_reason=before.closure_reason or reason,
        waiting_since=None,
    )
    in_vain = before.lifecycle == WAITING and event == "fell_idle"
    is_owed_a_call = in_vain or (before.lifecycle == WAITING and before.out_of_hours)
    decision = decision.standing(shut)
    if before.lifecycle != WRAP_UP:
        decision = _said(decision, NOBODY_CAME if in_vain else HAS_ENDED, now)
    decision = decision.telling(_closed(shut, decision.version, now), *_let_go(before))
    return decision.telling(*_call_back(before)) if is_owed_a_call else decision


def left(decision: Decision, now: datetime, reason: ClosureReason = "CustomerEndConversation") -> Decision:
    """Let the patient end it: a representative still wraps up, anybody else has nothing left to do."""
    if decision.conversation.owner.kind == "representative":
        return ended(decision, "patient_ended", reason, now)
    return closed(decision, "patient_ended", reason, now)


def bounded(decision: Decision, now: datetime) -> Decision:
    """End what has grown beyond measure, for the patient and whoever has it; what was said last is kept."""
    conversation = decision.conversation
    if conversation.next_sequence <= MOST_ACTIVITIES or conversation.state not in ("active", "open"):
        return decision
    return left(decision.saying(SYSTEM, told(TOO_LONG), at=now), now, "ForceClose")


def _said(decision: Decision, text: str, now: datetime) -> Decision:
    """Say it in words, and then as the activity by which a chat's program knows that it is over."""
    return decision.saying(SYSTEM, told(text), at=now).saying(
        SYSTEM, Words(), at=now, type="endOfConversation"
    )


def _let_go(before: Conversation) -> tuple[Told, ...]:
    """Tell the queue, whoever it was offered to, and whoever had it in hand."""
    if before.owner.kind == "representative" and before.served_by is not None:
        return (settle_capacity(before, before.served_by, "finished"),)
    if before.lifecycle != WAITING:
        return ()
    if before.offered_to is None:
        return (settle_work(before),)
    return (settle_work(before), settle_capacity(before, before.offered_to, "elsewhere"))


def _closed(conversation: Conversation, version: int, now: datetime) -> Told:
    fact = ConversationClosed(
        conversation_id=conversation.id,
        patient_id=conversation.patient_id,
        survey_id=conversation.survey_id,
        reason=conversation.closure_reason or "AutoClose",
        version=version,
        closed_at=now,
    )
    return Told(fact, conversation.id)


def _call_back(conversation: Conversation) -> tuple[Told, ...]:
    if conversation.patient_id is None:
        return ()
    task = CreateTask(
        task_id=derived("call-back", conversation.id),
        patient_id=conversation.patient_id,
        code="call-back",
        description=Sensitive(CALL_BACK_OPEN if conversation.out_of_hours else CALL_BACK),
        because=f"conversation~{conversation.id}",
        focus=f"conversation/{conversation.id}",
        priority="asap",
    )
    return (Told(task, task.task_id),)
