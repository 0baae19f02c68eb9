"""Has the hospital stopped what is not about anybody's care?"""

from shared.consent.model import Purpose
from shared.messaging.gate.situation import GateRules, Opinion, Pass, Refuse, Situation
from shared.messaging.model import Reason


def check(situation: Situation, _rules: GateRules) -> Opinion:
    """Refuse commercial messages while outreach is switched off (OP-3); no other is ever stopped by that."""
    stopped = situation.purpose is Purpose.COMMERCIAL and not situation.outreach_is_on
    return Refuse(Reason.OUTREACH_IS_OFF) if stopped else Pass()
