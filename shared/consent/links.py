"""The link in a message by which its reader says what they want (CO-6, CO-7; decision 0035)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.access.ports import SealBroken, SealPurpose, Seals
from shared.consent.model import Purpose
from shared.kernel.identity import PatientId
from shared.patients.contact_keys import channel_of

GOOD_FOR = timedelta(days=183)
"""Six months (CO-6); a link is renewed with every message."""
SAYS_SO_FOR = timedelta(days=400)
"""How much longer it is understood: its page says that it is too late, and one click still means no."""


@dataclass(frozen=True, slots=True)
class PreferenceLink:
    """What a link says, in our own ids: to which contact point it went, for whom, and about what."""

    contact: str
    patient_id: PatientId
    purpose: Purpose
    topic: str | None
    profile_id: str | None
    until: datetime

    def has_expired(self, now: datetime) -> bool:
        return self.until <= now

    @property
    def told(self) -> dict[str, str]:
        """Spell it as what is sealed."""
        return {
            "c": self.contact,
            "p": self.patient_id,
            "w": self.purpose,
            "t": self.topic or "",
            "f": self.profile_id or "",
            "u": self.until.isoformat(),
        }


def link_from(told: Mapping[str, str]) -> PreferenceLink:
    """Read what a link says. Raises `SealBroken` for what another version may have sealed."""
    try:
        channel_of(told["c"])
        return PreferenceLink(
            contact=told["c"],
            patient_id=PatientId(told["p"]),
            purpose=Purpose(told["w"]),
            topic=told["t"] or None,
            profile_id=told["f"] or None,
            until=datetime.fromisoformat(told["u"]),
        )
    except (KeyError, ValueError):
        raise SealBroken from None


@dataclass(frozen=True, slots=True)
class PreferenceLinks:
    """Seals links; `address` is where our pages are served."""

    seals: Seals
    address: str

    def page(self, link: PreferenceLink) -> str:
        """Give where all is said in peace."""
        return f"{self.address.rstrip('/')}/p/{self._sealed(link)}"

    def one_click(self, link: PreferenceLink) -> str:
        """Give where a mail program says no for its user (RFC 8058)."""
        return f"{self.address.rstrip('/')}/u/{self._sealed(link)}"

    def _sealed(self, link: PreferenceLink) -> str:
        return self.seals.seal(SealPurpose.PREFERENCES, link.told, expires_at=link.until + SAYS_SO_FOR)
