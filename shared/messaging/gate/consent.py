"""Have they allowed it, or at least not forbidden it?"""

from shared.consent.model import Denied, Use, may_contact
from shared.messaging.gate.situation import GateRules, Opinion, Pass, Refuse, Situation
from shared.messaging.model import Reason


def check(situation: Situation, rules: GateRules) -> Opinion:
    """Refuse where the contact point may not be used for the template's purpose and topic (CO-4).

    What a template is for is what consent is about, so a message without one goes no further.
    """
    if situation.template is None:
        return Refuse(Reason.NO_SUCH_TEMPLATE)
    content, order = situation.template.content, situation.order
    use = Use(order.patient_id, order.channel, content.purpose, content.topic)
    answer = may_contact(situation.enforcements or rules.enforcements, situation.consents, use, situation.now)
    return Refuse(Reason(answer.reason)) if isinstance(answer, Denied) else Pass()
