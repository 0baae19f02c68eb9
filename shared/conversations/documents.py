"""Where conversations and their activities are kept, and how they are found."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.access.model import ChatVisitor
from shared.conversations.activities import Activity
from shared.conversations.conversation import Conversation
from shared.conversations.decision import Decision
from shared.conversations.model import NoSuchConversation
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Document, Documents, Index, Page, Replace, announcing, replacing
from shared.kernel.identity import derived
from shared.kernel.refusals import AlreadyExists, LostRace, NotFound

STATE = Index("conversation", "state")
"""Which conversations are where, for the supervisors' board."""
CLOSES_AT = Index("conversation", "closes_at")
"""Which fall silent first (CV-8); what silence does not close has no place in it."""
OFFERED_UNTIL = Index("conversation", "offered_until")
"""Which offers end first; what is not on offer has no place in it."""
UNANSWERED_UNTIL = Index("conversation", "unanswered_until")
"""Who has waited the longest for a word in a talk; one where none is owed has no place in it."""
PATIENT = Index("conversation", "patient_id")
"""All talks with one patient, for whoever asks what we hold about them."""
INDEXES = (STATE, CLOSES_AT, OFFERED_UNTIL, UNANSWERED_UNTIL, PATIENT)

CURRENT = "conversation~current"


@dataclass(frozen=True, slots=True)
class Posted:
    """At which place lies what a program posted under a name of its own."""

    sequence: int


def conversation_partition(conversation_id: str) -> str:
    return f"conversation/{conversation_id}"


def activity_document(sequence: int) -> str:
    return f"activity~{sequence:010d}"


def posted_document(role: str, client_id: str) -> str:
    """Name the note that this was posted before, by what the poster's program calls it."""
    return f"posted~{derived(role, client_id)}"


def conversation_at(
    documents: Documents, conversation_id: str, *, at_least: int = 0
) -> Document[Conversation]:
    """Read a conversation. Raises `NoSuchConversation`, or `NotYetVisible` below the version."""
    try:
        return documents.read(
            conversation_partition(conversation_id), CURRENT, Conversation, at_least=at_least
        )
    except NotFound:
        raise NoSuchConversation from None


def conversation_of(
    documents: Documents, conversation_id: str, visitor: ChatVisitor
) -> Document[Conversation]:
    """Read the one conversation that a token opens; any other is not there. Raises `NoSuchConversation`."""
    if conversation_id != visitor.conversation_id:
        raise NoSuchConversation
    return conversation_at(documents, conversation_id)


def activities_after(
    documents: Documents, conversation_id: str, sequence: int, *, limit: int = 100
) -> Page[Document[Activity]]:
    """Give what was said after a place, in order."""
    return documents.list(
        conversation_partition(conversation_id),
        "activity",
        Activity,
        limit=limit,
        after=activity_document(sequence),
    )


def activity_at(documents: Documents, conversation_id: str, sequence: int) -> Activity:
    """Read what was said at one place."""
    partition = conversation_partition(conversation_id)
    return documents.read(partition, activity_document(sequence), Activity).body


def posted_before(documents: Documents, conversation_id: str, posted: str | None) -> int | None:
    """Give the place of what was posted before under this note, if it was."""
    if posted is None:
        return None
    found = documents.look(conversation_partition(conversation_id), posted, Posted)
    return found.body.sequence if found else None


def committed(
    documents: Documents,
    before: Document[Conversation] | None,
    decision: Decision,
    *,
    posted: tuple[str | None, int] = (None, 0),
) -> None:
    """Write what was decided: the conversation, what was said, and who is told, in one commit.

    `posted` notes at which place lies what a program has posted. Raises `LostRace` when somebody was quicker.
    """
    write = written(before, decision)
    notes = () if posted[0] is None else (Create(posted[0], Posted(posted[1])),)
    said = [Create(activity_document(activity.sequence), activity) for activity in decision.said]
    try:
        documents.commit(
            conversation_partition(decision.conversation.id),
            changes=[write, *said, *notes],
            announcements=_told(decision, write),
        )
    except AlreadyExists:  # a twin of the same request, or of the same news, has come first
        raise LostRace from None


def written(before: Document[Conversation] | None, decision: Decision) -> Create | Replace:
    """Write the conversation: as new, or over what was read."""
    if before is None:
        return Create(CURRENT, decision.conversation)
    return replacing(before, decision.conversation)


def next_of(found: Document[Conversation]) -> Decision:
    """Begin to decide what becomes of it."""
    return Decision(found.body, found.version + 1)


def _told(decision: Decision, write: Create | Replace) -> Sequence[Announcement]:
    return [
        announcing(told.content, of=write, named=told.named, due_at=told.due_at) for told in decision.told
    ]
