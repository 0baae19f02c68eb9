"""The booking that the bot asked for has gone one way or the other."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.appointments.model import BookingSettled
from shared.conversations.activities import SYSTEM, told
from shared.conversations.bot.model import BookingOutcome
from shared.conversations.bot_turns import BotTurns
from shared.conversations.conversation import Conversation, moved
from shared.conversations.decision import Decision
from shared.conversations.documents import committed, conversation_at, next_of
from shared.kernel.documents import Documents

BOOKED = "Your appointment has been booked."
NOT_BOOKED = "The appointment could not be booked."
AFTER_ALL = "The appointment that could not be booked at first has been booked after all."


@dataclass(frozen=True, slots=True)
class HearBookingSettled:
    """Lets the bot go on with the news; to whoever has left the bot meanwhile it is said plainly.

    Only the booking that is waited for is news, and only once; but one that was booked after all, when
    its refusal has been told, is told too. A closed conversation stays as it is.
    """

    documents: Documents
    bots: BotTurns

    def __call__(self, settled: BookingSettled, *, now: datetime) -> None:
        found = conversation_at(self.documents, settled.conversation_id)
        conversation = found.body
        if conversation.is_closed:
            return
        decision = next_of(found).standing(_heard(conversation, settled))
        if conversation.awaited_booking == settled.booking_id:
            committed(self.documents, found, self._told(decision, settled, now))
        elif settled.refusal is None and settled.booking_id in conversation.asked_bookings:
            committed(self.documents, found, decision.saying(SYSTEM, told(AFTER_ALL), at=now))

    def _told(self, decision: Decision, settled: BookingSettled, now: datetime) -> Decision:
        if decision.conversation.owner.kind != "bot":
            text = NOT_BOOKED if settled.refusal else BOOKED
            return decision.saying(SYSTEM, told(text), at=now)
        outcome = BookingOutcome(settled.starts_at, settled.refusal)
        decision = decision.standing(moved(decision.conversation, "bot_spoke", now))
        return self.bots.booked(decision, outcome, now)


def _heard(conversation: Conversation, settled: BookingSettled) -> Conversation:
    """Wait for it no longer; of what was refused it may still be heard that it was booked, once."""
    asked, awaited = conversation.asked_bookings, conversation.awaited_booking
    if settled.refusal is None:
        asked = tuple(each for each in asked if each != settled.booking_id)
    return replace(
        conversation,
        awaited_booking=None if awaited == settled.booking_id else awaited,
        asked_bookings=asked,
    )
