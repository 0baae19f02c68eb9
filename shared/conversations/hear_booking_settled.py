"""The booking that the bot asked for has gone one way or the other."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.appointments.model import BookingSettled
from shared.conversations.activities import SYSTEM, told
from shared.conversations.bot.model import BookingOutcome
from shared.conversations.bot_turns import BotTurns
from shared.conversations.conversation import moved
from shared.conversations.decision import Decision
from shared.conversations.documents import committed, conversation_at, next_of
from shared.kernel.documents import Documents

BOOKED = "Your appointment has been booked."
NOT_BOOKED = "The appointment could not be booked."


@dataclass(frozen=True, slots=True)
class HearBookingSettled:
    """Lets the bot go on with the news; to whoever has left the bot meanwhile it is said plainly.

    Only the booking that is waited for is news, and only once. A closed conversation stays as it is.
    """

    documents: Documents
    bots: BotTurns

    def __call__(self, settled: BookingSettled, *, now: datetime) -> None:
        found = conversation_at(self.documents, settled.conversation_id)
        conversation = found.body
        if conversation.awaited_booking != settled.booking_id or conversation.is_closed:
            return
        decision = next_of(found).standing(replace(conversation, awaited_booking=None))
        committed(self.documents, found, self._told(decision, settled, now))

    def _told(self, decision: Decision, settled: BookingSettled, now: datetime) -> Decision:
        if decision.conversation.owner.kind != "bot":
            text = NOT_BOOKED if settled.refusal else BOOKED
            return decision.saying(SYSTEM, told(text), at=now)
        outcome = BookingOutcome(settled.starts_at, settled.refusal)
        decision = decision.standing(moved(decision.conversation, "bot_spoke", now))
        return self.bots.booked(decision, outcome, now)
