"""Has the patient said anything in a conversation?"""

from shared.conversations.documents import activities_after
from shared.kernel.documents import Documents

A_PAGE = 20
"""Activities read at once: who speaks at all does so soon after the bot's greeting."""


def has_spoken(documents: Documents, conversation_id: str) -> bool:
    """Say whether there is a message by the patient: who only opened a chat, or left it, is told nothing."""
    after = 0
    while True:
        page = activities_after(documents, conversation_id, after, limit=A_PAGE)
        activities = [found.body for found in page.items]
        if any(one.author.role == "user" and one.type == "message" for one in activities):
            return True
        if page.next is None:
            return False
        after = activities[-1].sequence
