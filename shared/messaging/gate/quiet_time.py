"""Would it disturb them now?"""

from datetime import datetime, timedelta

from shared.calendars.model import QuietTime
from shared.kernel.identity import derived
from shared.messaging.gate.situation import GateRules, Hold, Opinion, Pass, Situation
from shared.messaging.model import Reason


def check(situation: Situation, rules: GateRules) -> Opinion:
    """Hold until the quiet time is over, unless the message says that it must not wait."""
    quiet = None if situation.order.ignore_quiet_time else _quiet_time(situation, rules)
    ends = quiet.quiet_until(situation.now) if quiet else None
    if quiet is None or ends is None:
        return Pass()
    return Hold(Reason.QUIET_TIME, _spread(situation.order.message_id, quiet, ends, rules.release_over))


def _quiet_time(situation: Situation, rules: GateRules) -> QuietTime | None:
    fitting = (
        rule.quiet
        for rule in rules.quiet_rules
        if situation.order.channel in rule.channels and situation.purpose in rule.purposes
    )
    return next(fitting, None)


def _spread(message_id: str, quiet: QuietTime, ends: datetime, over: timedelta) -> datetime:
    """Give each message its own time after the quiet, so that a night's messages do not all go in one second.

    The same message always gets the same share of `over`. Where quiet begins again before, it goes at once.
    """
    share = int(derived("release", message_id)[:8], 16) / 16**8
    released = ends + over * share
    return ends if quiet.is_quiet(released) else released
