"""May this member of staff touch this conversation, and who remembers that they did?"""

from datetime import datetime

from shared.access.model import Caller
from shared.audit.model import RecordAudit
from shared.conversations.conversation import Conversation, Done, may_read
from shared.conversations.decision import Decision, Told
from shared.conversations.documents import conversation_at
from shared.conversations.model import NoSuchConversation, NotYourConversation
from shared.kernel.documents import Document, Documents
from shared.routing.representatives import representative_id


def readable_by(
    documents: Documents, conversation_id: str, caller: Caller, now: datetime
) -> Document[Conversation]:
    """Read a conversation that the caller may see; any other is not there. Raises `NoSuchConversation`."""
    found = conversation_at(documents, conversation_id)
    if not may_read(found.body, caller, now):
        raise NoSuchConversation
    return found


def held_by(
    documents: Documents, conversation_id: str, caller: Caller, now: datetime
) -> Document[Conversation]:
    """Read a conversation that the caller has or had in hand, to do something about it.

    Raises `NoSuchConversation` or, to those who may only watch, `NotYourConversation`.
    """
    found = readable_by(documents, conversation_id, caller, now)
    if found.body.served_by != representative_id(caller):
        raise NotYourConversation
    return found


def audited(decision: Decision, caller: Caller, what: str, now: datetime) -> Decision:
    """Let the audit keep what the caller did, in the same commit (D17)."""
    of = decision.conversation
    entry = RecordAudit(
        entry_id=f"{what}~{of.id}~{decision.version}",
        at=now,
        who=caller.who,
        what=what,
        subject=f"conversation~{of.id}",
        patient_id=of.patient_id,
    )
    return decision.telling(Told(entry, entry.entry_id))


def done_by(decision: Decision, caller: Caller, what: str, now: datetime) -> Decision:
    """Remember in the conversation itself that the caller did it, and let the audit keep it."""
    done = Done(what, representative_id(caller))
    return audited(decision.standing(decision.conversation.remembering(done)), caller, what, now)


def has_done(conversation: Conversation, caller: Caller, what: str) -> bool:
    """Say whether the caller did it before: who asks again has not heard the answer."""
    return Done(what, representative_id(caller)) in conversation.done
