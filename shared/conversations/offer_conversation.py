"""Routing has found somebody who is free: the conversation decides whether it is still to be had."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.conversations.conversation import Conversation
from shared.conversations.decision import Decision
from shared.conversations.documents import committed, conversation_at, next_of
from shared.conversations.handing_over import elsewhere, offered, requeued
from shared.conversations.lifecycle import WAITING
from shared.kernel.documents import Documents
from shared.routing.model import WorkOffered

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OfferConversation:
    """Offers a conversation that still waits to that representative, until the offer ends.

    Where it no longer waits, they are told to let their room for it go. Told twice, it does nothing twice.
    """

    documents: Documents

    def __call__(self, offer: WorkOffered, *, now: datetime) -> None:
        found = conversation_at(self.documents, offer.work_id)
        decision = _decided(next_of(found), offer, now)
        if decision is None:
            return
        committed(self.documents, found, decision)
        log.info(
            "conversations.offered",
            extra={"conversation": offer.work_id, "round": offer.round, "told": len(decision.told)},
        )


def _decided(decision: Decision, offer: WorkOffered, now: datetime) -> Decision | None:
    conversation = decision.conversation
    if _is_theirs(conversation, offer):
        return None
    if conversation.lifecycle != WAITING or conversation.round != offer.round or conversation.offered_to:
        return decision.telling(elsewhere(offer.work_id, offer.round, offer.representative_id, offer.until))
    offering = offered(decision, offer, now)
    if offer.until <= now:  # it came too late to be seen by anybody, which is nobody's fault
        return requeued(decision.standing(offering.conversation), offer.representative_id, "elsewhere", now)
    return offering


def _is_theirs(conversation: Conversation, offer: WorkOffered) -> bool:
    """Say whether this very offer stands, or was taken."""
    who = conversation.offered_to or conversation.served_by
    return conversation.round == offer.round and who == offer.representative_id
