"""The link by which a yes is confirmed, and the page that it opens (CO-8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.access.ports import SealBroken, SealPurpose, Seals
from shared.consent.links import SAYS_SO_FOR
from shared.consent.model import Purpose
from shared.kernel.identity import PatientId
from shared.patients.contact_keys import channel_of

GOOD_FOR = timedelta(days=28)
MOST_MATTERS = 10
"""In one link, so that it stays short enough to be clicked."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """All that a yes says, in our own ids: it is kept nowhere else until it is confirmed."""

    contact: str
    patient_id: PatientId
    profile_id: str
    matters: tuple[tuple[Purpose, str | None], ...]
    asked_at: datetime

    @property
    def until(self) -> datetime:
        return self.asked_at + GOOD_FOR

    @property
    def told(self) -> dict[str, str]:
        """Spell it as what is sealed."""
        return {
            "c": self.contact,
            "p": self.patient_id,
            "f": self.profile_id,
            "y": ",".join(f"{purpose}~{topic or ''}" for purpose, topic in self.matters),
            "a": self.asked_at.isoformat(),
        }


def confirmation_from(told: Mapping[str, str]) -> Confirmation:
    """Read what a link says. Raises `SealBroken` for one that was sealed for something else."""
    try:
        channel_of(told["c"])
        spelt = (matter.partition("~") for matter in told["y"].split(","))
        return Confirmation(
            contact=told["c"],
            patient_id=PatientId(told["p"]),
            profile_id=told["f"],
            matters=tuple((Purpose(purpose), topic or None) for purpose, _, topic in spelt),
            asked_at=datetime.fromisoformat(told["a"]),
        )
    except (KeyError, ValueError):
        raise SealBroken from None


def confirm_url(confirmation: Confirmation, seals: Seals, address: str) -> str:
    """Seal it; `address` is where our pages are served."""
    until = confirmation.until + SAYS_SO_FOR
    sealed = seals.seal(SealPurpose.PREFERENCES, confirmation.told, expires_at=until)
    return f"{address.rstrip('/')}/c/{sealed}"


@dataclass(frozen=True, slots=True)
class ConfirmationView:
    """The page: what is to be confirmed, by the profile's names, or what has come of it.

    Closed is a link that has expired, and one that a newer *no* has overtaken: its holder is not told which.
    """

    stands: Literal["open", "confirmed", "closed"]
    language: str
    name: str | None
    company_address: str | None
    matters: tuple[str, ...] = ()
