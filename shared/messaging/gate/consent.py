"""Have they allowed it, or at least not forbidden it?"""

from dataclasses import replace

from shared.consent.copies.model import Copy
from shared.consent.model import (
    Denied,
    Enforcement,
    EnforcementRule,
    Enforcements,
    Purpose,
    Source,
    Use,
    may_contact,
)
from shared.kernel.identity import PatientId
from shared.messaging.gate.situation import GateRules, Opinion, Pass, Refuse, Situation
from shared.messaging.model import Channel, Reason
from shared.messaging.template import TemplateContent


def _is_wanted(copy: Copy | None, content: TemplateContent) -> bool:
    """Say whether somebody wants just this copied, and may know of it."""
    if copy is None or not copy.covers(content.purpose, content.topic):
        return False
    return copy.is_clinical or not content.is_clinical


_NOBODY = PatientId("")
"""Whose no is meant by whoever: of a patient's own words, only those bind here that bind the address."""
_NO_ONES_NO = Enforcements(
    tuple(
        EnforcementRule(channel, purpose, Enforcement.NON_RESTRICTIVE)
        for channel in Channel
        for purpose in Purpose
    )
)


def check(situation: Situation, rules: GateRules) -> Opinion:
    """Refuse where the contact point may not be used for the template's purpose and topic (CO-4).

    What a template is for is what consent is about, so a message without one goes no further. A patient's
    yes is not their family's: to them nothing is sent against anybody's no for that contact point.

    To a notice about the account no *no* is heard that was said in the portal or by a link: a thief would say
    it first (decision 56). What staff have written down, or the record says, counts.
    """
    if situation.template is None:
        return Refuse(Reason.NO_SUCH_TEMPLATE)
    content, order = situation.template.content, situation.order
    if order.asks_about_copy is not None and situation.copy is None:
        return Refuse(Reason.COPY_NOT_WANTED)
    if order.copy_id is not None and not _is_wanted(situation.copy, content):
        return Refuse(Reason.COPY_NOT_WANTED)
    use = Use(order.patient_id, order.channel, content.purpose, content.topic)
    enforcements, words = situation.enforcements or rules.enforcements, situation.consents
    if order.is_account_notice:
        use, enforcements = replace(use, purpose=Purpose.TRANSACTIONAL), _NO_ONES_NO
        words = tuple(one for one in words if not (one.is_refusal and one.source is Source.PATIENT))
    if order.related_person_id is not None:
        use, enforcements = replace(use, patient_id=_NOBODY), _NO_ONES_NO
    answer = may_contact(enforcements, words, use, situation.now)
    return Refuse(Reason(answer.reason)) if isinstance(answer, Denied) else Pass()
