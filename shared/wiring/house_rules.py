"""What the house has decided, until operators can set it themselves (CO-3, CO-11, CO-12, PA-1, PA-9)."""

from datetime import time, timedelta

from shared.calendars.model import EVERY_DAY, QuietTime, Window
from shared.consent.model import USUAL_ENFORCEMENTS, Enforcement, EnforcementRule, Enforcements, Purpose
from shared.messaging.gate.situation import FrequencyCap, GateRules, QuietRule
from shared.messaging.invitation_letters import InvitationTemplates
from shared.messaging.model import Channel

INVITATION_LASTS = timedelta(days=30)
"""How long an invitation to the portal is good, where nobody says otherwise (PA-1)."""
INVITATION_TEMPLATES = InvitationTemplates(patient="portal-invitation", family="family-invitation")
"""By which templates invitations are sent; what is in them is the house's (PA-1)."""
DETAILS_TEMPLATE = "contact-details-changed"
"""By which template former contact points are told of a change (PA-7)."""
COPIES_TEMPLATE = "copies-confirmation"
"""By which template somebody of the family is asked whether they want copies (PA-9)."""
COMES_OF_AGE = 18
"""Years after which nobody is a patient's guardian any more (PA-9)."""
NIGHT = Window(EVERY_DAY, starts=time(21), ends=time(8))
DISTURBING = (Channel.SMS, Channel.PUSH)
"""Channels that ring on a bedside table."""
HEALTH_ENFORCEMENTS = Enforcements(
    (
        *(
            EnforcementRule(channel, Purpose.TRANSACTIONAL, Enforcement.NON_RESTRICTIVE)
            for channel in Channel
        ),
        *USUAL_ENFORCEMENTS.rules,
    )
)
"""CO-3, but whoever said no gets nothing that way, not even what is not advertising (decision 0007)."""
TO_PEOPLE = (Purpose.COMMERCIAL, Purpose.TRANSACTIONAL)


def gate_rules(zone: str) -> GateRules:
    """Give the usual rules: no ringing at night, at most one commercial message a day and three a week."""
    return GateRules(
        enforcements=HEALTH_ENFORCEMENTS,
        quiet_rules=(QuietRule(DISTURBING, TO_PEOPLE, QuietTime(zone, weekly=(NIGHT,))),),
        frequency_caps=tuple(
            FrequencyCap(channel, a_day=1, a_week=3) for channel in (Channel.SMS, Channel.EMAIL)
        ),
    )
