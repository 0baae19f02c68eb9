"""Has this address sent too much back?"""

from shared.messaging.gate.situation import GateRules, Opinion, Pass, Refuse, Situation
from shared.messaging.model import Reason


def check(situation: Situation, _rules: GateRules) -> Opinion:
    """Refuse while the contact point is suppressed, whatever the purpose (CO-13)."""
    found = situation.suppression
    return Refuse(Reason.SUPPRESSED) if found and found.stands(situation.now) else Pass()
