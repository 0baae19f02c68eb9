"""Between the bot, the queue and the people: what each handing over says, and whom it tells (D12). Pure."""

from dataclasses import replace
from datetime import datetime

from shared.conversations.activities import SYSTEM, told
from shared.conversations.conversation import Conversation, Owner, moved
from shared.conversations.decision import Decision, Told
from shared.conversations.model import LapseOffer
from shared.conversations.opening_hours import Hours
from shared.kernel.sensitive import Sensitive
from shared.routing.model import (
    OfferWork,
    RepresentativeId,
    SettleCapacity,
    SettleWork,
    WorkOffered,
    WorkOutcome,
)
from shared.routing.workstreams import Workstream

STILL_LOOKING = "Thank you for waiting. We are still looking for somebody to talk to you."
SOMEBODY = "a member of our team"


def escalated(
    decision: Decision,
    workstream: Workstream,
    queue_id: str,
    hours: Hours,
    summary: str | None,
    now: datetime,
) -> Decision:
    """Let it wait for a person in this queue; nobody is promised to who comes out of hours (BH-4, RT-14)."""
    waiting = replace(
        moved(decision.conversation, "bot_escalated", now, to=Owner("queue", queue_id)),
        summary=Sensitive(summary) if summary else None,
        round=decision.conversation.round + 1,
        units=workstream.units,
        offer_lasts_seconds=workstream.offer_lasts_seconds,
        queue_id=queue_id,
        waiting_since=now,
        out_of_hours=not hours.is_open,
    )
    decision = decision.standing(waiting).saying(SYSTEM, told(hours.told), at=now)
    if summary:
        decision = decision.saying(SYSTEM, told(summary), at=now, for_patient=False)
    return decision.telling(_offer_work(decision.conversation, now))


def offered(decision: Decision, offer: WorkOffered, now: datetime) -> Decision:
    """Offer it to one representative until the offer ends."""
    standing = replace(
        moved(decision.conversation, "offered", now),
        offered_to=offer.representative_id,
        offered_name=offer.display_name,
        offered_until=offer.until,
    )
    lapse = LapseOffer(standing.id, standing.round)
    return decision.standing(standing).telling(
        Told(lapse, f"{standing.id}~{standing.round}", due_at=offer.until)
    )


def requeued(
    decision: Decision, representative: RepresentativeId, outcome: WorkOutcome, now: datetime
) -> Decision:
    """Let it wait again, for the next round: this representative did not take it (RT-18)."""
    before = decision.conversation
    following = replace(without_offer(moved(before, "offer_ended", now)), round=before.round + 1)
    not_to = () if outcome == "elsewhere" else (representative,)
    return (
        decision.standing(following)
        .telling(settle_capacity(before, representative, outcome, now), settle_work(before))
        .telling(_offer_work(following, now, not_to))
        .saying(SYSTEM, told(STILL_LOOKING), at=now)
    )


def accepted(decision: Decision, representative: RepresentativeId, now: datetime) -> Decision:
    """Put it into the hands of the representative it is offered to (CV-6: Open to Active)."""
    before = decision.conversation
    owner = Owner("representative", representative, before.offered_name)
    in_hand = replace(
        without_offer(moved(before, "accepted", now, to=owner)), served_by=representative, waiting_since=None
    )
    return (
        decision.standing(in_hand)
        .telling(settle_capacity(before, representative, "taken"), settle_work(before))
        .saying(SYSTEM, told(f"You are now talking to {owner.name or SOMEBODY}."), at=now)
    )


def released(decision: Decision, representative: RepresentativeId, hours: Hours, now: datetime) -> Decision:
    """Let it wait for somebody else, who comes first in the next round (CV-6: Active to Open).

    Whoever had it in hand has no more to do with it, and sees it no longer.
    """
    before = decision.conversation
    owner = Owner("queue", before.queue_id or "")
    waiting = replace(
        moved(before, "released", now, to=owner),
        round=before.round + 1,
        waiting_since=now,
        served_by=None,
        out_of_hours=not hours.is_open,
    )
    return (
        decision.standing(waiting)
        .telling(settle_capacity(before, representative, "finished"))
        .telling(_offer_work(waiting, now, (representative,)))
        .saying(SYSTEM, told(hours.told), at=now)
    )


def without_offer(conversation: Conversation) -> Conversation:
    return replace(conversation, offered_to=None, offered_name=None, offered_until=None)


def settle_work(conversation: Conversation) -> Told:
    """Tell the queue that this stay is over."""
    of, round_ = conversation.id, conversation.round
    return Told(SettleWork(conversation.queue_id or "", of, round_), f"{of}~{round_}")


def settle_capacity(
    conversation: Conversation,
    representative: RepresentativeId,
    outcome: WorkOutcome,
    now: datetime | None = None,
) -> Told:
    """Tell the representative's own partition what became of the reservation for this round.

    With `now`, an offer has ended: then, or when it was to end.
    """
    of, round_ = conversation.id, conversation.round
    if outcome == "elsewhere" and conversation.offered_until is not None:
        return elsewhere(of, round_, representative, conversation.offered_until)
    ended_at = min(now, conversation.offered_until or now) if now else None
    settled = SettleCapacity(representative, of, round_, outcome, units=conversation.units, ended_at=ended_at)
    return Told(settled, f"{of}~{round_}~{representative}~{outcome}")


def elsewhere(work_id: str, round_: int, representative: RepresentativeId, until: datetime) -> Told:
    """Tell a representative to let go of the room that they kept until then, and of no other."""
    settled = SettleCapacity(representative, work_id, round_, "elsewhere", until=until)
    return Told(settled, f"{work_id}~{round_}~{representative}~elsewhere~{until.timestamp():.3f}")


def _offer_work(conversation: Conversation, now: datetime, not_to: tuple[RepresentativeId, ...] = ()) -> Told:
    work = OfferWork(
        work_id=conversation.id,
        round=conversation.round,
        queue_id=conversation.queue_id or "",
        units=conversation.units,
        since=conversation.waiting_since or now,
        not_to=not_to,
        offer_lasts_seconds=conversation.offer_lasts_seconds,
        is_known=conversation.patient_id is not None,
    )
    return Told(work, f"{conversation.id}~{conversation.round}")
