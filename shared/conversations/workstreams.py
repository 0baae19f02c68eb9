"""The way in that a conversation came by, as routing keeps it."""

from shared.conversations.model import ChatNotOpen
from shared.kernel.documents import Documents
from shared.routing.documents import workstream_at
from shared.routing.workstreams import NoSuchWorkstream, Workstream

LIVE_CHAT = "live-chat"
"""The workstream of chats that begin in a portal."""


def workstream_of(documents: Documents, workstream_id: str) -> Workstream:
    """Read a workstream. Raises `ChatNotOpen` where there is none: nobody would ever answer."""
    try:
        return workstream_at(documents, workstream_id)
    except NoSuchWorkstream:
        raise ChatNotOpen from None
