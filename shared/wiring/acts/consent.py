"""The acts of room consent, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.consent.read_consents import ReadConsents
    from shared.consent.record_consent import RecordConsent


class ConsentActs(Ports):
    """What room consent can do."""

    @once
    def record_consent(self) -> "RecordConsent":
        from shared.consent.record_consent import RecordConsent

        return RecordConsent(self.documents, self.read_profile, self.contact_keys)

    @once
    def read_consents(self) -> "ReadConsents":
        from shared.consent.read_consents import ReadConsents

        return ReadConsents(self.documents, self.read_profile, self.contact_keys)
