"""Is there still somebody to write to?"""

from shared.messaging.gate.situation import GateRules, Opinion, Pass, Refuse, Situation
from shared.messaging.model import Reason
from shared.patients.model import Profile


def check(situation: Situation, _rules: GateRules) -> Opinion:
    """Refuse for who is gone, dead, inactive, or merged into another record; and for a reader who is gone."""
    reason = reason_not_to(situation.profile)
    if reason is None and situation.reader is None:
        reason = Reason.RELATED_PERSON_GONE
    return Refuse(reason) if reason else Pass()


def reason_not_to(profile: Profile | None) -> Reason | None:
    """Say why nobody may write to this person, if nobody may."""
    if profile is None:
        return Reason.PATIENT_GONE
    if profile.is_deceased:
        return Reason.PATIENT_DECEASED
    if profile.replaced_by is not None:
        return Reason.PATIENT_REPLACED
    return None if profile.is_active else Reason.PATIENT_INACTIVE
