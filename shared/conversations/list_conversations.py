"""The supervisors' board (SV-1)."""

from dataclasses import dataclass

from shared.conversations.conversation import Conversation
from shared.conversations.conversation_shown import ConversationRow, row_of
from shared.conversations.documents import STATE
from shared.conversations.lifecycle import State
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense

MOST = 200


@dataclass(frozen=True, slots=True)
class WhichConversations:
    """Those in one state, or all; `after` is a former answer's `next`."""

    state: State | None = None
    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """Some of the conversations, in order of their state; `next` is where to go on."""

    conversations: tuple[ConversationRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListConversations:
    """Lists conversations a page at a time: how they stand, not what is said in them."""

    documents: Documents

    def __call__(self, which: WhichConversations) -> Board:
        if not 1 <= which.limit <= MOST:
            raise Nonsense(("limit", f"must be 1 to {MOST}"))
        page = self.documents.find(
            STATE, Conversation, equal_to=which.state, limit=which.limit, after=which.after
        )
        return Board(tuple(row_of(found.body) for found in page.items), page.next)
