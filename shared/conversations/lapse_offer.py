"""An offer has ended, and nobody took it (RT-18)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.conversations.documents import committed, conversation_at, next_of
from shared.conversations.handing_over import requeued
from shared.conversations.model import LapseOffer
from shared.kernel.documents import Documents

EARLY_BY = timedelta(seconds=30)
"""How far two machines' clocks may differ: a due message that comes so much too early is not too early."""


@dataclass(frozen=True, slots=True)
class LapseAnOffer:
    """Lets the conversation wait for others; an offer that was taken, or a later one, is left alone."""

    documents: Documents

    def __call__(self, due: LapseOffer, *, now: datetime) -> None:
        found = conversation_at(self.documents, due.conversation_id)
        conversation = found.body
        until = conversation.offered_until
        if conversation.round != due.round or conversation.offered_to is None:
            return
        if until is not None and now + EARLY_BY < until:
            return
        decision = requeued(next_of(found), conversation.offered_to, "missed", now)
        committed(self.documents, found, decision)
