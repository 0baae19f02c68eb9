"""Conversations and what was said in them, as staff are shown them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.conversations.activities import Activity, ActivityType, Role, TextFormat
from shared.conversations.conversation import Conversation
from shared.conversations.lifecycle import OwnerKind, State
from shared.conversations.model import ClosureReason
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.routing.model import RepresentativeId


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One line of the board (SV-1): who waits or talks, with whom, and since when.

    `unanswered_since` is since when a patient in a talk waits for the representative's word.
    """

    conversation_id: str
    patient_id: PatientId | None
    workstream_id: str
    state: State
    owner_kind: OwnerKind
    owner_id: str
    owner_name: str | None
    queue_id: str | None
    waiting_since: datetime | None
    offered_to: RepresentativeId | None
    unanswered_since: datetime | None
    started_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    closure_reason: ClosureReason | None


@dataclass(frozen=True, slots=True)
class ConversationShown:
    """A conversation with what the bot has learned and its words for the representative (BH-8, BH-9)."""

    conversation: ConversationRow
    patient_id: PatientId | None
    context: Sensitive[Mapping[str, str | int]]
    summary: Sensitive[str] | None
    round: int
    offered_until: datetime | None
    closes_at: datetime | None
    satisfaction: Sensitive[int] | None
    activities: int


@dataclass(frozen=True, slots=True)
class AttachmentShown:
    """What came with a message; to be shown as a link, never fetched or rendered by itself."""

    content_type: str
    content_url: Sensitive[str] | None
    content: Sensitive[Any] | None
    name: Sensitive[str] | None


@dataclass(frozen=True, slots=True)
class ActivityShown:
    """One thing said or done. `text` is as it was written: it may hold markup, and is shown as text."""

    sequence: int
    type: ActivityType
    role: Role
    name: str | None
    at: datetime
    for_patient: bool
    text: Sensitive[str] | None
    text_format: TextFormat
    attachments: tuple[AttachmentShown, ...]
    suggested: tuple[Sensitive[str], ...]
    value: Sensitive[Any] | None
    event_name: str | None


def row_of(conversation: Conversation) -> ConversationRow:
    return ConversationRow(
        conversation_id=conversation.id,
        patient_id=conversation.patient_id,
        workstream_id=conversation.workstream_id,
        state=conversation.state,
        owner_kind=conversation.owner.kind,
        owner_id=conversation.owner.id,
        owner_name=conversation.owner.name,
        queue_id=conversation.queue_id,
        waiting_since=conversation.waiting_since,
        offered_to=conversation.offered_to,
        unanswered_since=conversation.unanswered_since,
        started_at=conversation.started_at,
        changed_at=conversation.changed_at,
        closed_at=conversation.closed_at,
        closure_reason=conversation.closure_reason,
    )


def shown(conversation: Conversation) -> ConversationShown:
    return ConversationShown(
        conversation=row_of(conversation),
        patient_id=conversation.patient_id,
        context=conversation.context,
        summary=conversation.summary,
        round=conversation.round,
        offered_until=conversation.offered_until,
        closes_at=conversation.closes_at,
        satisfaction=conversation.satisfaction,
        activities=conversation.next_sequence - 1,
    )


def activity_shown(activity: Activity) -> ActivityShown:
    words = activity.words
    return ActivityShown(
        sequence=activity.sequence,
        type=activity.type,
        role=activity.author.role,
        name=activity.author.name,
        at=activity.at,
        for_patient=activity.for_patient,
        text=words.text,
        text_format=words.text_format,
        attachments=tuple(
            AttachmentShown(one.content_type, one.content_url, one.content, one.name)
            for one in words.attachments
        ),
        suggested=words.suggested,
        value=words.value,
        event_name=words.event_name,
    )
