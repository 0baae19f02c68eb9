"""Is it too late for it to be of use?"""

from shared.messaging.gate.situation import GateRules, Opinion, Pass, Refuse, Situation
from shared.messaging.model import Reason


def check(situation: Situation, _rules: GateRules) -> Opinion:
    """Refuse what was to be sent before now (CO-15)."""
    expires_at = situation.order.expires_at
    return Refuse(Reason.MESSAGE_EXPIRED) if expires_at and expires_at <= situation.now else Pass()
