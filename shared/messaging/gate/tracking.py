"""May it be noted whether they open it and what they click, as CO-9 asks?"""

from shared.consent.model import Allowed, Purpose, Use, may_contact
from shared.messaging.gate.situation import GateRules, Situation


def may_track(situation: Situation, rules: GateRules) -> bool:
    """Say whether there is consent to that. Nobody asks family whether they want it: they never are."""
    order = situation.order
    if order.related_person_id is not None:
        return False
    use = Use(order.patient_id, order.channel, Purpose.TRACKING, None)
    enforcements = situation.enforcements or rules.enforcements
    return isinstance(may_contact(enforcements, situation.consents, use, situation.now), Allowed)
