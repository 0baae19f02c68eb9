"""Have they had enough from us lately?"""

from datetime import timedelta

from shared.consent.model import Purpose
from shared.messaging.gate.situation import FrequencyCap, GateRules, Opinion, Pass, Refuse, Situation
from shared.messaging.model import Reason

LONGEST = timedelta(days=30)


def check(situation: Situation, rules: GateRules) -> Opinion:
    """Refuse one commercial message too many for this contact point within a rolling window (CO-12)."""
    if situation.purpose is not Purpose.COMMERCIAL:
        return Pass()
    caps = [cap for cap in rules.frequency_caps if cap.channel is situation.order.channel]
    return Refuse(Reason.FREQUENCY_CAPPED) if any(_is_reached(cap, situation) for cap in caps) else Pass()


def _is_reached(cap: FrequencyCap, situation: Situation) -> bool:
    windows = ((cap.a_day, timedelta(days=1)), (cap.a_week, timedelta(days=7)), (cap.a_month, LONGEST))
    return any(most is not None and _sent_within(window, situation) >= most for most, window in windows)


def _sent_within(window: timedelta, situation: Situation) -> int:
    return sum(situation.now - window < at for at in situation.sent)
