"""What may happen to a conversation: one table; what it does not name is refused (CV-5, CV-6)."""

from collections.abc import Mapping
from typing import Literal

from shared.conversations.model import BotNoLongerOwnsIt, ConversationIsOver, NotPossibleNow
from shared.kernel.refusals import Conflict

State = Literal["active", "open", "wrap_up", "closed"]
"""`open`: waiting for a person. `active`: a bot or a person talks. A closed one is never opened again."""
OwnerKind = Literal["bot", "queue", "representative", "nobody"]
Event = Literal[
    "bot_spoke",
    "bot_escalated",
    "bot_ended",
    "patient_spoke",
    "patient_ended",
    "offered",
    "offer_ended",
    "accepted",
    "representative_spoke",
    "representative_ended",
    "released",
    "representative_closed",
    "fell_idle",
]
Standing = tuple[State, OwnerKind]

WITH_BOT: Standing = ("active", "bot")
WAITING: Standing = ("open", "queue")
IN_HAND: Standing = ("active", "representative")
WRAP_UP: Standing = ("wrap_up", "representative")
CLOSED: Standing = ("closed", "nobody")

FIRST = WITH_BOT
TABLE: Mapping[tuple[Standing, Event], Standing] = {
    (WITH_BOT, "bot_spoke"): WITH_BOT,
    (WITH_BOT, "patient_spoke"): WITH_BOT,
    (WITH_BOT, "bot_escalated"): WAITING,
    (WITH_BOT, "bot_ended"): CLOSED,
    (WITH_BOT, "patient_ended"): CLOSED,
    (WITH_BOT, "fell_idle"): CLOSED,
    (WAITING, "patient_spoke"): WAITING,
    (WAITING, "offered"): WAITING,
    (WAITING, "offer_ended"): WAITING,
    (WAITING, "accepted"): IN_HAND,
    (WAITING, "patient_ended"): CLOSED,
    (WAITING, "fell_idle"): CLOSED,
    (IN_HAND, "patient_spoke"): IN_HAND,
    (IN_HAND, "representative_spoke"): IN_HAND,
    (IN_HAND, "released"): WAITING,
    (IN_HAND, "patient_ended"): WRAP_UP,
    (IN_HAND, "representative_ended"): WRAP_UP,
    (WRAP_UP, "representative_closed"): CLOSED,
    (WRAP_UP, "fell_idle"): CLOSED,
}


def after(standing: Standing, event: Event) -> Standing:
    """Give how a conversation stands after `event`, or raise the refusal that whoever wanted it is told."""
    following = TABLE.get((standing, event))
    if following is None:
        raise _refusal(event)
    return following


def _refusal(event: Event) -> Conflict:
    match event:
        case "patient_spoke" | "patient_ended":
            return ConversationIsOver()
        case "bot_spoke" | "bot_escalated" | "bot_ended":
            return BotNoLongerOwnsIt()
        case _:
            return NotPossibleNow()
