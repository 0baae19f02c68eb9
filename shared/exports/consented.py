"""May this contact point leave the house? Asked as the gate before every message asks."""

from dataclasses import dataclass
from datetime import datetime

from shared.consent.documents import consents_of
from shared.consent.legacy_flags import refusals_of
from shared.consent.model import Allowed, Enforcements, Use, may_contact
from shared.consent.read_recorded_consents import ReadRecordedConsents
from shared.exports.definitions import CONSENT, ConsentedFor
from shared.kernel.documents import Documents
from shared.messaging.documents import suppression_of
from shared.patients.contact_keys import ContactKeys
from shared.patients.model import Channel, Profile


@dataclass(frozen=True, slots=True)
class Consented:
    """Gives where somebody is reached on a channel, as far as an export may say it.

    Of whoever died, left or was merged into another, nobody's. For `anybody` no consent is asked for.
    """

    documents: Documents
    recorded: ReadRecordedConsents
    keys: ContactKeys
    enforcements: Enforcements
    honours_legacy_flags: bool

    def __call__(
        self, profile: Profile, channel: Channel, wanted: ConsentedFor | None, now: datetime
    ) -> str | None:
        point = profile.preferred(channel, now)
        if point is None or wanted is None or not profile.is_reachable:
            return None
        value = point.value.value
        return value if wanted == "anybody" or self._may(profile, channel, value, wanted, now) else None

    def _may(
        self, profile: Profile, channel: Channel, address: str, wanted: ConsentedFor, now: datetime
    ) -> bool:
        contact = self.keys.contact(channel, address)
        suppression = suppression_of(self.documents, contact)
        if suppression is not None and suppression.body.stands(now):
            return False
        found = consents_of(self.documents, contact)
        said = (
            *(found.body.said if found else ()),
            *self.recorded(profile.patient_id, channel, now=now),
            *(refusals_of(profile, channel, now=now) if self.honours_legacy_flags else ()),
        )
        use = Use(profile.patient_id, channel, CONSENT[wanted], None)
        return isinstance(may_contact(self.enforcements, said, use, now), Allowed)
