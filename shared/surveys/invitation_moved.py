"""How far an invitation has come (SU-4), by itself and by its message: pure."""

from typing import Literal

from shared.messaging.model import Cause, Message, MessageState
from shared.surveys.model import Invitation, WhyFailed

InvitationMoved = Literal["queued", "sent", "failed", "responded"]
"""Of SU-4's states those that this system can know: a page that was opened says nothing, since mail scanners
open links too."""
WhyNot = WhyFailed | Cause

_SENT = {MessageState.ACCEPTED, MessageState.DELIVERED}
_FAILED = {MessageState.REFUSED, MessageState.BOUNCED}


def moved(invitation: Invitation, message: Message | None) -> tuple[InvitationMoved, WhyNot | None]:
    """Give its state, and why it failed. Queued is also whose message waits, or of which nobody knows yet.

    Who has answered had the link, whatever a provider reports.
    """
    if invitation.state != "queued" or message is None:
        return invitation.state, invitation.why_failed
    if message.state in _FAILED:
        return "failed", message.reason
    return ("sent" if message.state in _SENT else "queued"), None
